/** How the writes of a burst follow each other; all in ms. */
export interface Rhythm {
  /** The longest that the first change waits, as long as mirrors are being looked at. */
  readonly firstMs: number;
  /** With each write of a burst the next one may be so much later. */
  readonly stepMs: number;
  /** The longest that a change waits. */
  readonly longestMs: number;
  /** When nothing has come for so long, and no mirror is being looked at, the burst is over for now. */
  readonly quietMs: number;
  /** What comes so long after the last write is no part of the burst any more. */
  readonly lullMs: number;
}

/** Of what can wait: new mirrors, and those that are deleted. */
export const TOGETHER: Rhythm = { firstMs: 1000, stepMs: 1000, longestMs: 3000, quietMs: 250, lullMs: 5000 };

/** Of what a person waits for, or Pods. An edit alone is written before thousands of mirrors have been looked at; of many edits meanwhile, some share a write. */
export const AT_ONCE: Rhythm = { firstMs: 0, stepMs: 250, longestMs: 1000, quietMs: 0, lullMs: 2000 };

/**
 * When changes that come in bursts are written. The first one at once, or nearly so; of more that follow, many share a write, which comes when no more
 * come, or after a pause that grows from write to write. Pure: the caller has the clock.
 */
export class Burst {
  readonly #rhythm: Rhythm;
  #since: number | undefined;
  #lastAt = -Infinity;
  #writtenAt = -Infinity;
  #writes = 0;

  constructor(rhythm: Rhythm) {
    this.#rhythm = rhythm;
  }

  get isPending(): boolean {
    return this.#since !== undefined;
  }

  /** One more change. */
  add(now: number): void {
    if (this.#since === undefined && now - this.#writtenAt > this.#rhythm.lullMs) this.#writes = 0;
    this.#since ??= now;
    this.#lastAt = now;
  }

  /** @param isBusy - whether mirrors are being looked at, so that more changes are to be expected */
  isDue(now: number, isBusy: boolean): boolean {
    if (this.#since === undefined) return false;
    const { firstMs, stepMs, longestMs, quietMs } = this.#rhythm;
    const isFirst = this.#writes === 0;
    if (now - this.#since >= (isFirst ? firstMs : Math.min(longestMs, stepMs * this.#writes))) return true;
    return !isBusy && (isFirst || now - this.#lastAt >= quietMs);
  }

  /** All that came so far is being written. */
  written(now: number): void {
    if (this.#since === undefined) return;
    this.#since = undefined;
    this.#writtenAt = now;
    this.#writes += 1;
  }
}
