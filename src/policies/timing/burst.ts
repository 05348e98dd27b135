/** The longest that a mirror which can wait is held back, in ms. */
export const LONGEST_WAIT_MS = 3000;

/** With each write of a burst the next one may be so much later. */
const STEP_MS = 1000;
/** When nothing has come for so long, the burst is over for now. */
const QUIET_MS = 250;
/** What comes so long after the last write is no part of the burst any more. */
const LULL_MS = 5000;

/**
 * When changes that can wait are written: new mirrors, and those that are deleted. The first one at once; of more that follow, many share a
 * write, which comes when no more come, or after a pause that grows from write to write. Pure: the caller has the clock.
 */
export class Burst {
  #since: number | undefined;
  #lastAt = -Infinity;
  #writtenAt = -Infinity;
  #writes = 0;

  get isPending(): boolean {
    return this.#since !== undefined;
  }

  /** One more change. */
  add(now: number): void {
    if (this.#since === undefined && now - this.#writtenAt > LULL_MS) this.#writes = 0;
    this.#since ??= now;
    this.#lastAt = now;
  }

  /** @param isBusy - whether mirrors are being looked at, so that more changes are to be expected */
  isDue(now: number, isBusy: boolean): boolean {
    if (this.#since === undefined) return false;
    if (now - this.#since >= Math.min(LONGEST_WAIT_MS, STEP_MS * Math.max(1, this.#writes))) return true;
    return !isBusy && (this.#writes === 0 || now - this.#lastAt >= QUIET_MS);
  }

  /** All that came so far is being written. */
  written(now: number): void {
    this.#since = undefined;
    this.#writtenAt = now;
    this.#writes += 1;
  }
}
