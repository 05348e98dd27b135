/** What a look at something says when it is over; undefined: nothing more until the next event. */
export type WorkResult =
  /** Look again after this many ms. `isWaiting`: what the look is about could not be seen yet. */
  | { readonly requeueAfterMs: number; readonly isWaiting?: boolean }
  /** Look again with backoff, as after an error, but not before this many ms. */
  | { readonly retryAfterMs: number };

/** Whether the look has yet to see what it is about. */
export function isWaiting(result: WorkResult | undefined): boolean {
  return result !== undefined && ('retryAfterMs' in result || result.isWaiting === true);
}
