import type { Availability } from './facts.js';
import type { CheckResult } from './harbor-check.js';

/** How often Harbor must fail or answer in a row before the state changes. */
export interface HealthThresholds {
  readonly failures: number;
  readonly successes: number;
}

/** A single 401 proves nothing: Harbor gives it for 12 s after its database went down, and while somebody else mistypes the password. */
const REFUSALS = 2;

/**
 * How one Harbor stands, with some inertia: policies are withdrawn after several failures in a row, and put back after several
 * successes. Pure state; who checks, and when, is elsewhere.
 */
export class HarborHealth {
  readonly #thresholds: HealthThresholds;
  #serves: boolean;
  /** Whether it has answered since the start. */
  #isKnown: boolean;
  /** Results in a row that speak against the state. */
  #against = 0;
  #refusals = 0;
  #message = 'it did not answer when the operator was stopped';
  #refusal = '';
  #problem: string | undefined;

  /**
   * @param wasUp - the state before the operator (re)started: a Harbor that was down has to answer several times before it counts
   * as up
   */
  constructor(thresholds: HealthThresholds, wasUp: boolean) {
    this.#thresholds = thresholds;
    this.#serves = wasUp;
    this.#isKnown = !wasUp;
  }

  get availability(): Availability {
    if (!this.#serves) return { kind: 'down', message: this.#message };
    if (!this.#isKnown) return { kind: 'unknown', ...(this.#problem === undefined ? {} : { problem: this.#problem }) };
    return this.#refusals >= REFUSALS ? { kind: 'loginRefused', message: this.#refusal } : { kind: 'up' };
  }

  /** Takes a check's result in. */
  report(result: CheckResult): void {
    if (result.kind === 'fails') {
      this.#message = result.message;
      this.#problem = result.message;
    } else this.#reportLogin(result);
    const speaksAgainst = (result.kind !== 'fails') !== this.#serves;
    this.#against = speaksAgainst ? this.#against + 1 : 0;
    const needed = this.#serves ? this.#thresholds.failures : this.#thresholds.successes;
    if (this.#against < needed) return;
    this.#serves = !this.#serves;
    this.#isKnown = true;
    this.#against = 0;
  }

  #reportLogin(result: Exclude<CheckResult, { kind: 'fails' }>): void {
    if (result.kind === 'works') this.#refusals = 0;
    else {
      // Nobody has seen this login taken yet: no reason to doubt.
      this.#refusals = this.#isKnown ? this.#refusals + 1 : REFUSALS;
      this.#refusal = result.message;
    }
    this.#isKnown = true;
  }
}
