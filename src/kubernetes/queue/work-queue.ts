import { Turn } from '../../clock/turn.js';
import { backoffMs } from '../backoff.js';
import { higher } from './priority.js';
import type { Priority } from './priority.js';
import { WaitingKeys } from './waiting-keys.js';
import { Workers } from './workers.js';
import type { WorkResult } from './work-result.js';

/** A timer for longer than this would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Handling that takes longer waits for somebody else. */
const SLOW_AFTER_MS = 100;

export interface WorkQueueOptions {
  readonly workers: number;
  readonly handle: (key: string) => Promise<WorkResult | undefined>;
  /** Whom a key waits for while it is handled: a group that hangs holds up no other. Default: all are one. */
  readonly groupOf?: (key: string) => string;
  readonly slowAfterMs?: number;
  /** Told of each handler that threw; the key is retried with backoff. */
  readonly onError?: (key: string, error: unknown) => void;
  readonly baseBackoffMs?: number;
  readonly ceilingBackoffMs?: number;
  readonly random?: () => number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now?: () => number;
  readonly turn?: Turn;
}

/**
 * A work queue after client-go's semantics: a key that is added while it waits is handled once; a key that is added while it is
 * handled is handled once more afterwards, never by two workers at a time; failures back off per key. What is urgent, then what
 * a person changed, and then what is new, goes before routine.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #now: () => number;
  readonly #waiting = new WaitingKeys();
  readonly #workers: Workers;
  /** Added while active. */
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #idle: (() => void)[] = [];
  readonly #turn: Turn;
  #isPausing = false;
  #started = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#turn = options.turn ?? new Turn();
    this.#workers = new Workers({
      count: options.workers,
      slowAfterMs: options.slowAfterMs ?? SLOW_AFTER_MS,
      now: this.#now,
      onFree: () => {
        this.#fill();
      },
    });
  }

  start(): void {
    this.#started = true;
    this.#fill();
  }

  /** Adds a key to be handled now. One that waits already takes the higher priority of the two. */
  add(key: string, priority: Priority = 'routine'): void {
    if (this.#stopped) return;
    this.#cancelTimer(key);
    if (this.#workers.has(key)) this.#again.set(key, higher(this.#again.get(key) ?? priority, priority));
    else this.#wait(key, priority);
    this.#fill();
  }

  /** Adds a key to be handled as routine in `ms`, or sooner where it is due sooner. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    const at = this.#now() + ms;
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
    return this.#waiting.size === 0 && this.#workers.size === 0;
  }

  /** Whether more is to be expected soon: what is slow, and what waits for that, may take its time. */
  get isBusy(): boolean {
    return this.#isPausing || this.#workers.isBusy;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** The key that has been handled for longest, and for how many ms: a worker that hangs shows here. */
  get oldestWork(): { readonly key: string; readonly ms: number } | undefined {
    return this.#workers.oldest;
  }

  /** Takes no more keys and resolves when those being handled are done. */
  async drain(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const key of [...this.#timers.keys()]) this.#cancelTimer(key);
    if (this.#workers.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #fill(): void {
    if (!this.#started || this.#isPausing) return;
    for (;;) {
      // Keys that wait for nothing would be handled all in one go.
      if (this.#turn.isLong) {
        this.#pause();
        return;
      }
      const taken = this.#waiting.take((priority, group) => this.#workers.mayBegin(priority, group));
      if (taken === undefined) return;
      this.#workers.begin(taken.key, taken.group);
      void this.#work(taken.key);
    }
  }

  /** Goes on in the next turn of the event loop. */
  #pause(): void {
    this.#isPausing = true;
    setImmediate(() => {
      this.#isPausing = false;
      this.#fill();
    });
  }

  #wait(key: string, priority: Priority): void {
    this.#waiting.add(key, priority, this.#options.groupOf?.(key) ?? '');
  }

  async #work(key: string): Promise<void> {
    try {
      const result = await this.#options.handle(key);
      if (result !== undefined && 'retryAfterMs' in result) this.#retry(key, result.retryAfterMs);
      else this.#failures.delete(key);
      if (result !== undefined && 'requeueAfterMs' in result) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#options.onError?.(key, error);
      this.#retry(key, 0);
    }
    this.#workers.end(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) {
      // The look that comes now says anew when to look again.
      this.#cancelTimer(key);
      this.#wait(key, again);
    }
    this.#fill();
    if (this.#stopped && this.#workers.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
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
