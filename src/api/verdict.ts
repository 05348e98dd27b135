import type { Reason } from './reasons.js';

/**
 * How a look at a mirror ended, and so what happens next:
 *
 * - `ready`: in sync; looked at again after its interval.
 * - `waiting`: retried with backoff; heals by itself.
 * - `stalled`: the user has to act; looked at again after its interval or at a change.
 */
export type Verdict =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly reason: Reason; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: 'stalled'; readonly reason: Reason; readonly message: string };

export const READY: Verdict = { kind: 'ready' };

export function waiting(reason: Reason, message: string, retryAfterMs?: number): Verdict {
  return { kind: 'waiting', reason, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export function stalled(reason: Reason, message: string): Verdict {
  return { kind: 'stalled', reason, message };
}
