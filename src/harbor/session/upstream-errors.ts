import { HarborError } from '../http/errors.js';
import type { HarborErrorDetails } from '../http/errors.js';

type Place = Pick<HarborErrorDetails, 'method' | 'path'>;

/** Harbor is asking an upstream, and what was to be asked can't be asked yet. */
export function asked({ method, path }: Place, reason: string, retryAfterMs: number): HarborError {
  return new HarborError({ kind: 'upstreamAsked', method, path, reason, retryAfterMs });
}

/** An upstream gives no answer.
 *
 * @param mayHaveHappened - whether the call was sent */
export function silent(
  { method, path }: Place,
  reason: string,
  retryAfterMs: number,
  mayHaveHappened = false,
): HarborError {
  return new HarborError({ kind: 'upstreamSilent', method, path, reason, retryAfterMs, mayHaveHappened });
}
