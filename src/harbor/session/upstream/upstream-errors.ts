import { HarborError } from '../../http/errors.js';
import type { HarborErrorDetails } from '../../http/errors.js';

type Place = Pick<HarborErrorDetails, 'method' | 'path'>;

/**
 * Harbor is asking an upstream, and what was to be asked can't be asked yet.
 *
 * @param retryAfterMs - after how many ms it may be
 */
export function asked({ method, path }: Place, reason: string, retryAfterMs: number): HarborError {
  return new HarborError({ kind: 'upstreamAsked', method, path, reason, retryAfterMs });
}

/**
 * An upstream gives no answer.
 *
 * @param retryAfterMs - after how many ms it may be asked again
 * @param mayHaveHappened - whether the call was sent, and Harbor may carry it out all the same
 */
export function silent(
  { method, path }: Place,
  reason: string,
  retryAfterMs: number,
  mayHaveHappened = false,
): HarborError {
  return new HarborError({ kind: 'upstreamSilent', method, path, reason, retryAfterMs, mayHaveHappened });
}
