import type { Priority } from './priority.js';

/** What part of the workers is kept free of each priority, for those that go before it. */
const KEPT_FREE: Readonly<Record<Priority, number>> = { urgent: 0, edit: 1 / 8, new: 1 / 4, routine: 1 / 4 };

interface Work {
  readonly group: string;
  readonly since: number;
  readonly timer: NodeJS.Timeout;
  isSlow: boolean;
}

interface WorkersOptions {
  readonly count: number;
  /** Who takes longer waits for somebody else, and its worker serves other groups meanwhile. */
  readonly slowAfterMs: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  /** A worker serves other groups now. */
  readonly onFree: () => void;
}

/**
 * The workers, and what they are at. What is slow counts for its own group alone: a group that hangs takes as many workers as there are, and then waits for
 * itself, while the others have as many as before.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #work = new Map<string, Work>();
  readonly #perGroup = new Map<string, number>();
  #quick = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#work.size;
  }

  /** Whether something is being done, or may be begun, that is not known to be slow. */
  get isBusy(): boolean {
    return this.#quick > 0;
  }

  /** What has been done for longest, and for how many ms. */
  get oldest(): { readonly key: string; readonly ms: number } | undefined {
    // A Map keeps the order of insertion.
    for (const [key, { since }] of this.#work) return { key, ms: this.#options.now() - since };
    return undefined;
  }

  has(key: string): boolean {
    return this.#work.has(key);
  }

  /** Whether there is a worker for this. */
  mayBegin(priority: Priority, group: string): boolean {
    const { count } = this.#options;
    const limit = count - Math.floor(count * KEPT_FREE[priority]);
    return this.#quick < limit && (this.#perGroup.get(group) ?? 0) < limit;
  }

  begin(key: string, group: string): void {
    const { slowAfterMs, now, onFree } = this.#options;
    const timer = setTimeout(() => {
      work.isSlow = true;
      this.#quick -= 1;
      onFree();
    }, slowAfterMs);
    const work: Work = { group, since: now(), timer, isSlow: false };
    this.#work.set(key, work);
    this.#quick += 1;
    this.#perGroup.set(group, (this.#perGroup.get(group) ?? 0) + 1);
  }

  end(key: string): void {
    const work = this.#work.get(key);
    if (work === undefined) return;
    clearTimeout(work.timer);
    this.#work.delete(key);
    if (!work.isSlow) this.#quick -= 1;
    const left = (this.#perGroup.get(work.group) ?? 0) - 1;
    if (left > 0) this.#perGroup.set(work.group, left);
    else this.#perGroup.delete(work.group);
  }
}
