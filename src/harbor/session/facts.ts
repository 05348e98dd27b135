/**
 * Whether a Harbor serves nodes, and takes the operator's login. Two things: a Harbor that refuses the login still serves nodes.
 *
 * - `unknown`: it hasn't answered since the operator started. With a problem once it failed to.
 * - `up`: nodes can pull.
 * - `loginRefused`: nodes can pull; the operator is refused.
 * - `down`: nodes can't pull, or it failed too often in a row to know.
 */
export type Availability =
  | { readonly kind: 'unknown'; readonly problem?: string }
  | { readonly kind: 'up' }
  | { readonly kind: 'loginRefused'; readonly message: string }
  | { readonly kind: 'down'; readonly message: string };

/**
 * host[:port] that nodes pull from.
 *
 * - `unknown`: Harbor hasn't said yet, for this problem where it was asked.
 * - `unsaid`: Harbor was asked with a login that it takes, and doesn't say.
 */
export type PullHost =
  | { readonly kind: 'known'; readonly host: string }
  | { readonly kind: 'unknown'; readonly problem?: string }
  | { readonly kind: 'unsaid' };

/** What is known of a Harbor with one login. Published by its session; whoever reads it waits for nothing. */
export interface HarborFacts {
  readonly availability: Availability;
  readonly pullHost: PullHost;
  readonly version: string | undefined;
  /** What this login was seen not to be allowed, in the words of Harbor's form. */
  readonly missingPermissions: readonly string[];
}
