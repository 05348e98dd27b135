/** Since when things are as they are. Kept in memory: after a restart, time counts anew. */
export class Since {
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly state: string; readonly at: number }>();

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Notes how a thing is now.
   *
   * @param state - undefined: there is nothing to tell
   * @returns for how many ms it has been seen in this state without a break; 0 the first time, and where there is nothing to tell
   */
  elapsed(thing: string, state: string | undefined): number {
    if (state === undefined) {
      this.#seen.delete(thing);
      return 0;
    }
    const before = this.#seen.get(thing);
    if (before?.state === state) return this.#now() - before.at;
    this.#seen.set(thing, { state, at: this.#now() });
    return 0;
  }
}
