import { eventually } from '../../support/wait.js';
import type { EventuallyOptions } from '../../support/wait.js';

/** One thing that is put right, in words and in deed. Doing it twice does no harm. */
export interface Repair {
  readonly what: string;
  readonly attempt: () => Promise<unknown>;
}

/** An API server that was restarted just before may refuse, or not answer, for some while more. */
const LIMITS: EventuallyOptions = { timeoutMs: 120_000, intervalMs: 1_000 };

/**
 * Does one after the other, each again and again until it works: that the run's own call fails says nothing about the operator.
 *
 * @throws WaitTimeoutError
 */
export async function carryOut(repairs: readonly Repair[], limits = LIMITS): Promise<void> {
  for (const { what, attempt } of repairs) await eventually(attempt, { ...limits, message: what });
}
