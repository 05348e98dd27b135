import { REASONS } from '../../api/reasons.js';
import { isPassing } from './finding.js';
import type { ProbeFinding } from './finding.js';

/** How soon what may pass is asked again. */
const DOUBT_MS = 30_000;
/** Harbor may go on with what was given up for as long as the upstream hangs: the pause after it grows up to this. */
const LONGEST_PAUSE_MS = 3_600_000;

/** What is known of one image, and what to make of the next answer. */
export interface Standing {
  /** What is told; undefined: nothing was found yet. */
  readonly told?: ProbeFinding;
  /** Whether the last answer said something else than what is told, and may pass. */
  readonly isDoubted: boolean;
  /** How often in a row there was no answer in time. */
  readonly timeouts: number;
}

export const NOTHING_TOLD: Standing = { isDoubted: false, timeouts: 0 };

/**
 * Takes an answer in. What was served is still said to be after one failure that may pass: that is asked again soon, and told then. Pure.
 *
 * @param random - from 0 (in) to 1 (out)
 */
export function takeIn(
  { told, isDoubted, timeouts: before }: Standing,
  found: ProbeFinding,
  intervalMs: number,
  random: number,
): { readonly standing: Standing; readonly nextInMs: number } {
  const jitter = 0.9 + random * 0.2;
  if (told?.status === 'True' && isPassing(found) && !isDoubted) {
    return { standing: { told, isDoubted: true, timeouts: before }, nextInMs: Math.min(intervalMs, DOUBT_MS) * jitter };
  }
  const timeouts = found.reason === REASONS.pullTimedOut ? before + 1 : 0;
  const pauseMs = Math.min(intervalMs * 2 ** Math.max(0, timeouts - 1), Math.max(intervalMs, LONGEST_PAUSE_MS));
  return { standing: { told: found, isDoubted: false, timeouts }, nextInMs: pauseMs * jitter };
}
