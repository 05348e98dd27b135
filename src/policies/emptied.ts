import { ownersOf } from '../api/owners.js';
import { isHeld } from './observe/live.js';
import type { FoundPolicy } from './observe/live.js';
import type { Picture } from './observe/picture.js';

const BY_OWNER = new WeakMap<Picture['policies'], ReadonlyMap<string, FoundPolicy>>();

/**
 * A policy that lost its last mirrors, this one among them, and is not deleted yet. It goes with its owners, too; but the garbage collector doesn't wait
 * until nobody asks Kyverno for it. Worked out once for all mirrors.
 *
 * @param uid - of the mirror's object
 */
export function emptiedBy(uid: string | undefined, { policies }: Picture): FoundPolicy | undefined {
  if (uid === undefined) return undefined;
  const known = BY_OWNER.get(policies) ?? byOwner(policies);
  BY_OWNER.set(policies, known);
  return known.get(uid);
}

/** The mirrors that took part in emptying a policy, by name. */
export function emptiedFor({ entries, live }: FoundPolicy): readonly string[] {
  return entries.size === 0 ? ownersOf(live.object).map(({ name }) => name) : [];
}

function byOwner(policies: Picture['policies']): ReadonlyMap<string, FoundPolicy> {
  // What is deleted already, and held by finalizers, goes without the operator, too.
  const empty = [...policies.values()].filter((policy) => policy.entries.size === 0 && !isHeld(policy));
  return new Map(empty.flatMap((policy) => ownersOf(policy.live.object).map(({ uid }) => [uid, policy] as const)));
}
