/** What a look at something says when it is over; undefined: nothing more until the next event. */
export type WorkResult =
  /** Look again after this many ms. */
  | { readonly requeueAfterMs: number }
  /** Look again with backoff, as after an error, but not before this many ms. */
  | { readonly retryAfterMs: number };
