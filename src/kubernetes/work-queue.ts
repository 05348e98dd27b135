import { backoffMs } from './backoff.js';
import type { WorkResult } from './work-result.js';

/** A timer for longer than this would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface WorkQueueOptions {
  readonly workers: number;
  readonly handle: (key: string) => Promise<WorkResult | undefined>;
  /** Told of each handler that threw; the key is retried with backoff. */
  readonly onError: (key: string, error: unknown) => void;
  readonly baseBackoffMs?: number;
  readonly ceilingBackoffMs?: number;
  readonly random?: () => number;
}

/**
 * A work queue after client-go's semantics: a key that is added while it waits is handled once; a key that is added while it is
 * handled is handled once more afterwards, never by two workers at a time; failures back off per key.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  /** Added while active. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #idle: (() => void)[] = [];
  #started = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  start(): void {
    this.#started = true;
    this.#fill();
  }

  /** Adds a key to be handled now. */
  add(key: string): void {
    if (this.#stopped) return;
    this.#cancelTimer(key);
    if (this.#active.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#fill();
  }

  /** Adds a key to be handled in `ms`, or sooner where it is due sooner. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    const at = Date.now() + ms;
    const pending = this.#timers.get(key);
    if (pending !== undefined && pending.at <= at) return;
    this.#cancelTimer(key);
    const timer = setTimeout(
      () => {
        this.add(key);
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    this.#timers.set(key, { at, timer });
  }

  /** Whether nothing is waiting and nothing is being handled (what is due later does not count). */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#active.size === 0;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** Takes no more keys and resolves when those being handled are done. */
  async drain(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const key of [...this.#timers.keys()]) this.#cancelTimer(key);
    if (this.#active.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #fill(): void {
    if (!this.#started) return;
    for (const key of this.#waiting) {
      if (this.#active.size >= this.#options.workers) return;
      this.#waiting.delete(key);
      this.#active.add(key);
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    try {
      const result = await this.#options.handle(key);
      if (result !== undefined && 'retryAfterMs' in result) this.#retry(key, result.retryAfterMs);
      else this.#failures.delete(key);
      if (result !== undefined && 'requeueAfterMs' in result) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#options.onError(key, error);
      this.#retry(key, 0);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) this.#waiting.add(key);
    this.#fill();
    if (this.#stopped && this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #retry(key: string, atLeastMs: number): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { baseBackoffMs: baseMs = 500, ceilingBackoffMs: ceilingMs = 300_000, random } = this.#options;
    const backoff = backoffMs(failures, { baseMs, ceilingMs, ...(random === undefined ? {} : { random }) });
    this.addAfter(key, Math.max(atLeastMs, backoff));
  }

  #cancelTimer(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }
}
