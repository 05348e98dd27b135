import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one turn of the event loop may go on with work that can wait, in ms: leases, health checks and watches wait as long. */
const LONGEST_MS = 5;

/**
 * The present turn of the event loop. What never waits for the network or a timer goes on in the same turn, thousands of times, and nobody else is
 * served meanwhile: such work asks here whether it has gone on for long enough. Each user has a Turn of its own: of several that share one, the one
 * that asks first would always go on first.
 */
export class Turn {
  readonly #now: () => number;
  #since: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this turn has gone on for long, as far as anybody has asked in it before. */
  get isLong(): boolean {
    if (this.#since === undefined) {
      this.#since = this.#now();
      setImmediate(() => {
        this.#since = undefined;
      });
      return false;
    }
    return this.#now() - this.#since >= LONGEST_MS;
  }

  /** Resolves in the next turn if this one has gone on for long, else at once. */
  async breathe(): Promise<void> {
    while (this.isLong) await nextTurn();
  }
}
