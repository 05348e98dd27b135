import { backoffMs } from '../../kubernetes/backoff.js';
import { AT_ONCE, Burst, TOGETHER } from './burst.js';
import type { Pace } from '../state.js';

interface PolicyTriggerOptions {
  /** Whether mirrors are still being looked at, so that more changes are to be expected. */
  readonly isBusy: () => boolean;
  /**
   * Resolves to the ms after which to sync again if nothing becomes due until then.
   *
   * @param isWhole - whether what can wait is written, too
   */
  readonly sync: (isWhole: boolean) => Promise<number>;
  /** Whether it is known what can be known of the policies in the cluster: nothing is written blindly. */
  readonly canSync: () => boolean;
  readonly onError: (error: unknown) => void;
}

/** The longest that a sync which is due soon waits for mirrors that are being looked at. */
const SOON_MS = 1000;
const LOOK_EVERY_MS = 25;
const BACKOFF = { baseMs: 500, ceilingMs: 60_000 };

/** The longest time that a timer can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs one sync for all changes that come together: when no mirror is being looked at, or after a second. What is to be written at once, and what can wait,
 * go by a {@link Burst} each. And one sync when the last one says so.
 */
export class PolicyTrigger {
  readonly #options: PolicyTriggerOptions;
  readonly #atOnce = new Burst(AT_ONCE);
  readonly #together = new Burst(TOGETHER);
  /** When a sync is due at the latest, whatever is being looked at. */
  #dueBy: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wake: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: PolicyTriggerOptions) {
    this.#options = options;
  }

  /** A sync is needed. */
  due(pace: Pace = 'soon'): void {
    const now = performance.now();
    switch (pace) {
      case 'atOnce':
        this.#atOnce.add(now);
        break;
      case 'soon':
        this.#dueWithin(SOON_MS);
        break;
      case 'together':
        this.#together.add(now);
        break;
    }
    this.#schedule(LOOK_EVERY_MS);
  }

  /** Ends; a sync that runs is waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#wake);
    await this.#running;
  }

  #schedule(ms: number): void {
    if (this.#stopped || this.#timer !== undefined || this.#running !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, ms);
  }

  #look(): void {
    const now = performance.now();
    const { isBusy, canSync } = this.#options;
    const isBusyNow = isBusy();
    const isDue = this.#dueBy !== undefined && (!isBusyNow || now >= this.#dueBy);
    const isWhole = this.#together.isDue(now, isBusyNow);
    if (!canSync() || !(isDue || isWhole || this.#atOnce.isDue(now, isBusyNow))) {
      this.#schedule(LOOK_EVERY_MS);
      return;
    }
    this.#dueBy = undefined;
    this.#atOnce.written(now);
    if (isWhole) this.#together.written(now);
    this.#running = this.#run(isWhole);
  }

  async #run(isWhole: boolean): Promise<void> {
    let pause = LOOK_EVERY_MS;
    try {
      const wakeInMs = await this.#options.sync(isWhole);
      this.#failures = 0;
      this.#wakeIn(wakeInMs);
    } catch (error) {
      this.#failures += 1;
      this.#dueWithin(SOON_MS);
      this.#options.onError(error);
      pause = backoffMs(this.#failures, BACKOFF);
    }
    this.#running = undefined;
    if (this.#dueBy !== undefined || this.#atOnce.isPending || this.#together.isPending) this.#schedule(pause);
  }

  #dueWithin(ms: number): void {
    this.#dueBy = Math.min(this.#dueBy ?? Infinity, performance.now() + ms);
  }

  /** One timer, whatever the number of syncs: the last one knows best. */
  #wakeIn(ms: number): void {
    clearTimeout(this.#wake);
    if (ms === Infinity || this.#stopped) return;
    if (ms <= 0) {
      this.#dueWithin(SOON_MS);
      return;
    }
    // A timer may fire a millisecond early, and then it isn't time yet.
    const due = (): void => {
      this.#dueWithin(0);
      this.#schedule(LOOK_EVERY_MS);
    };
    this.#wake = setTimeout(due, Math.min(Math.ceil(ms) + 1, LONGEST_TIMER_MS)).unref();
  }
}
