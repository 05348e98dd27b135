/** How often Harbor must fail or answer in a row before the state changes. */
export interface HealthThresholds {
  readonly failures: number;
  readonly successes: number;
}

/**
 * Whether one Harbor is up, with some inertia: policies are withdrawn after several failures in a row, and put back after several
 * successes. Pure state; who checks, and when, is elsewhere.
 */
export class HarborHealth {
  readonly #thresholds: HealthThresholds;
  #up: boolean;
  /** Results in a row that speak against the state. */
  #against = 0;
  #message = '';

  /**
   * @param up - the state before the operator (re)started: a Harbor that was down has to answer several times before it counts
   * as up
   */
  constructor(thresholds: HealthThresholds, up: boolean) {
    this.#thresholds = thresholds;
    this.#up = up;
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** What the last failed check said. */
  get message(): string {
    return this.#message;
  }

  /**
   * Takes a check's result in.
   *
   * @param failure - what went wrong; undefined for a success
   * @returns whether the state changed
   */
  report(failure: string | undefined): boolean {
    if (failure !== undefined) this.#message = failure;
    const speaksAgainst = (failure === undefined) !== this.#up;
    this.#against = speaksAgainst ? this.#against + 1 : 0;
    const needed = this.#up ? this.#thresholds.failures : this.#thresholds.successes;
    if (this.#against < needed) return false;
    this.#up = !this.#up;
    this.#against = 0;
    return true;
  }
}
