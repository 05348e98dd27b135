import { within } from '../../clock/pause.js';
import { Lane } from '../../harbor/http/lane.js';

/** Which probes of one Harbor go at once: few that get answers, and some more that hang. */
const QUICK_AT_MOST = 4;
const OPEN_AT_MOST = 16;
const HANGS_AFTER_MS = 2000;

/**
 * The places for probes at one Harbor. Harbor may hold a probe for as long as the upstream hangs; such a one makes way for others after two
 * seconds, so that a mirror with a healthy upstream doesn't wait behind it.
 */
export class Places {
  readonly #open = new Lane(OPEN_AT_MOST);
  readonly #quick = new Lane(QUICK_AT_MOST);
  readonly #hangsAfterMs: number;
  #running = 0;

  constructor(hangsAfterMs = HANGS_AFTER_MS) {
    this.#hangsAfterMs = hangsAfterMs;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Carries it out when its turn comes. Rejects with the signal's reason when that is aborted before. */
  async run<T>(probe: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#running += 1;
    try {
      return await this.#open.run(async () => await this.#carryOut(probe, signal), signal);
    } finally {
      this.#running -= 1;
    }
  }

  async #carryOut<T>(probe: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    await this.#quick.run(async () => {
      const answer = probe();
      resolve(answer);
      await within(
        this.#hangsAfterMs,
        answer.catch(() => undefined),
      );
    }, signal);
    return await promise;
  }
}
