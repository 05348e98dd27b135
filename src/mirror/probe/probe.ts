import { pause } from '../../clock/pause.js';
import type { ProbeFinding } from './finding.js';
import { takeIn } from './schedule.js';
import type { Standing } from './schedule.js';

/** Where nobody could be asked. */
const UNASKED_RETRY_MS = 30_000;

interface ProbeOptions {
  /** Asks once. @returns undefined where nobody could be asked, or the answer doesn't count */
  readonly ask: (signal: AbortSignal) => Promise<ProbeFinding | undefined>;
  readonly intervalMs: () => number;
  /** What is told is another. */
  readonly onNews: () => void;
  readonly onBug: (error: unknown) => void;
  readonly random: () => number;
}

/** Asks for one image, again and again. */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #stopped = new AbortController();
  /** Aborted where it is to be asked at once. */
  #hurry = new AbortController();
  #standing: Standing;
  readonly #loop: Promise<void>;

  /** @param firstInMs - until it is asked for the first time */
  constructor(options: ProbeOptions, standing: Standing, firstInMs: number) {
    this.#options = options;
    this.#standing = standing;
    this.#loop = this.#run(firstInMs);
  }

  get told(): ProbeFinding | undefined {
    return this.#standing.told;
  }

  /** Asks at once; where it is asking already, once more afterwards. */
  hurry(): void {
    this.#hurry.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#hurry.abort();
    await this.#loop;
  }

  async #run(firstInMs: number): Promise<void> {
    const { signal } = this.#stopped;
    let waitMs = firstInMs;
    for (;;) {
      await pause(waitMs, this.#hurry.signal);
      if (signal.aborted) return;
      this.#hurry = new AbortController();
      waitMs = await this.#askOnce(signal);
    }
  }

  /** @returns how long to wait for the next time */
  async #askOnce(signal: AbortSignal): Promise<number> {
    const { ask, intervalMs, onNews, onBug, random } = this.#options;
    try {
      const found = await ask(signal);
      if (found === undefined || signal.aborted) return Math.min(intervalMs(), UNASKED_RETRY_MS);
      const before = this.told;
      const { standing, nextInMs } = takeIn(this.#standing, found, intervalMs(), random());
      this.#standing = standing;
      if (JSON.stringify(before) !== JSON.stringify(this.told)) onNews();
      return nextInMs;
    } catch (error) {
      onBug(error);
      return intervalMs();
    }
  }
}
