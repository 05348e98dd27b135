/** Runs something once for all that makes it due within a moment: what costs as much for one event as for a thousand. */
export class Coalesced {
  readonly #run: () => void;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(run: () => void, ms: number) {
    this.#run = run;
    this.#ms = ms;
  }

  /** Something happened that it is to run for. */
  due(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, this.#ms);
  }

  /** What is due is not run any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
