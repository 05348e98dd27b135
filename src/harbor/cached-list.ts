/** What was read, and when the read began. */
export interface Reading<S> {
  /** Milliseconds on the clock given. */
  readonly startedAt: number;
  readonly store: S;
}

interface NumberedReading<S> extends Reading<S> {
  readonly number: number;
}

/**
 * Something that is read when somebody needs it younger than it is. One read serves all who asked before it began, and those who can do
 * with its age; who asks later, and needs it younger, gets the next one.
 */
export class CachedList<S> {
  readonly #read: () => Promise<S>;
  readonly #now: () => number;
  /** Reads are numbered in the order they begin. */
  #started = 0;
  /** Reads up to this number don't count any more. */
  #voidUpTo = 0;
  #current: NumberedReading<S> | undefined;
  #inFlight: Promise<void> | undefined;
  /** Changes since the read in flight began: it may have missed them. */
  #changes: ((store: S) => void)[] = [];

  /** @param now milliseconds; only differences count. */
  constructor(read: () => Promise<S>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** What was read at most `maxAgeMs` ago, counted from when the read began. Rejects as the read does. */
  async get(maxAgeMs: number): Promise<Reading<S>> {
    const oldest = this.#now() - maxAgeMs;
    const startedBefore = this.#started;
    for (;;) {
      const current = this.#current;
      if (current !== undefined && current.number > this.#voidUpTo) {
        // A read that began after the question is young enough, whatever the clock says.
        if (current.startedAt >= oldest || current.number > startedBefore) return current;
      }
      this.#inFlight ??= this.#start();
      await this.#inFlight;
    }
  }

  /** Enters a change of our own into what was read, and into what is being read. */
  record(change: (store: S) => void): void {
    if (this.#current !== undefined) change(this.#current.store);
    if (this.#inFlight !== undefined) this.#changes.push(change);
  }

  /** What was read, or is being read, is not to be trusted: who asks next gets a new read. */
  invalidate(): void {
    this.#voidUpTo = this.#started;
  }

  async #start(): Promise<void> {
    const number = ++this.#started;
    const startedAt = this.#now();
    this.#changes = [];
    try {
      // First a turn of the queue, so that #inFlight is set before this can end.
      await Promise.resolve();
      const store = await this.#read();
      for (const change of this.#changes) change(store);
      this.#current = { number, startedAt, store };
    } finally {
      this.#inFlight = undefined;
    }
  }
}
