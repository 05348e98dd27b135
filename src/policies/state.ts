import type { MirrorEntry } from '../engines/entry.js';
import type { PolicySettings } from '../engines/settings.js';

/** What a look at a mirror decided about its place in the policies. */
export type ServingDecision =
  | { readonly kind: 'serve'; readonly entry: MirrorEntry; readonly settings: PolicySettings }
  /** Out of all policies. */
  | { readonly kind: 'out' }
  /** As it is: neither stalled nor waiting alone takes a mirror out or puts it in. */
  | { readonly kind: 'keep' };

/** How a mirror stands in the policies of the cluster. */
export type PolicyState =
  | { readonly kind: 'inForce'; readonly policy: PolicyRef }
  /** Written or about to be; the API server doesn't act on it yet. `since`: ms since 1970. */
  | { readonly kind: 'pending'; readonly since: number; readonly policy?: PolicyRef }
  /** In no policy, and none that had it is in force. */
  | { readonly kind: 'absent' }
  /** The policy can't be: the API is missing, or the API server refuses it. */
  | {
      readonly kind: 'failed';
      readonly stalled: boolean;
      readonly reason: 'EngineUnavailable' | 'PolicyRefused';
      readonly message: string;
    };

export interface PolicyRef {
  readonly kind: PolicySettings['engine'];
  readonly name: string;
}
