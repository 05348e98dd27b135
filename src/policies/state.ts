import type { MirrorEntry } from '../engines/entry.js';
import type { PlacedEntry } from '../engines/placement/group.js';
import type { PolicySettings, WantedSettings } from '../engines/settings.js';

/** What a look at a mirror decided about its place in the policies. */
export type RoutingDecision =
  | { readonly kind: 'include'; readonly entry: MirrorEntry; readonly settings: WantedSettings }
  /** Out of all policies. */
  | { readonly kind: 'withdraw' }
  /** As it is, with the settings that it has: neither stalled nor waiting alone takes a mirror out or puts it in. */
  | { readonly kind: 'unchanged' };

/** Of a mirror that nothing was decided of. */
export const UNCHANGED: RoutingDecision = { kind: 'unchanged' };

/**
 * When a change is written.
 *
 * - `atOnce`: whatever mirrors are being looked at.
 * - `soon`: when none is being looked at, or after a second.
 * - `together`: with others that come in the next seconds.
 */
export type Pace = 'atOnce' | 'soon' | 'together';

/** How a mirror stands in the policies of the cluster. */
export type PolicyState =
  | { readonly kind: 'inForce'; readonly policy: PolicyRef }
  /** Written or about to be; the API server doesn't act on it yet. `forMs`: for how long this has been so. */
  | { readonly kind: 'pending'; readonly forMs: number; readonly policy?: PolicyRef; readonly message?: string }
  /** In no policy, and none that had it is in force. `emptied`: a policy that a deleted mirror was the last of is still there. */
  | { readonly kind: 'absent'; readonly emptied?: Emptied }
  /** Policies of a kind that the mirror may be in have not been read yet, or can't be: it may be in one, or in none. */
  | { readonly kind: 'unknown'; readonly forMs: number; readonly message: string }
  /** The policy can't be: the API is missing, or the API server refuses it. */
  | {
      readonly kind: 'failed';
      readonly stalled: boolean;
      readonly reason: 'EngineUnavailable' | 'PolicyRefused' | 'PolicyOverwritten';
      readonly message: string;
    };

/** Whether it has stood so all the time from one to the other: since when counts. That its policy is written begins anew. */
export function isSameSpell(a: PolicyState, b: PolicyState): boolean {
  return a.kind === b.kind && policyOf(a)?.name === policyOf(b)?.name;
}

function policyOf(state: PolicyState): PolicyRef | undefined {
  return 'policy' in state ? state.policy : undefined;
}

/** Whether a mirror's status says the same of both, whatever time has gone by. */
export function isSameState(a: PolicyState, b: PolicyState): boolean {
  const [before, after] = [a, b].map(toldOf);
  return before?.every((text, i) => text === after?.[i]) ?? false;
}

function toldOf(state: PolicyState): readonly (string | boolean | undefined)[] {
  if (state.kind === 'absent') return [state.kind, state.emptied?.kind, state.emptied?.name, state.emptied?.message];
  const policy = policyOf(state);
  const message = 'message' in state ? state.message : undefined;
  const because = policy?.because;
  const failure = state.kind === 'failed' ? [state.reason, state.stalled] : [];
  return [state.kind, policy?.kind, policy?.name, because, message, ...failure];
}

/** A policy without mirrors that is about to be deleted, and why it could not be. */
export interface Emptied extends PolicyRef {
  readonly message?: string;
}

export type FailedState = Extract<PolicyState, { kind: 'failed' }>;

/** What Pods are sent to for a mirror, as far as it is in a policy or about to be. */
export type ServedState =
  | (PlacedEntry & { readonly kind: 'served' })
  | { readonly kind: 'none' }
  /** Not read yet, or can't be. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface PolicyRef {
  readonly kind: PolicySettings['engine'];
  readonly name: string;
  /** Why engine Auto is this kind; undefined where the mirror names it. */
  readonly because?: string;
}
