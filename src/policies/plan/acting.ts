import { entryText } from '../../engines/entry.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import { ENGINES } from '../../engines/engines.js';
import { settingsText } from '../../engines/settings.js';
import { findPolicy, type Picture } from '../observe/picture.js';
import type { FoundPolicy, PolicyId } from '../observe/live.js';
import { memoryOf } from '../memory.js';
import type { Acting, Memory, PolicyMemory } from '../memory.js';

/** How long after the API server didn't answer a write it may still carry that out: it, or etcd, is overloaded. */
const LATE_MS = 10_000;

/** Whether new Pods are rewritten by what this policy has for the mirror. */
function actsOn(policy: FoundPolicy, mirror: string, picture: Picture, memory: Memory): boolean {
  const entry = policy.form.get(mirror);
  if (entry === undefined) return false;
  const { forms } = memoryOf(memory, policy);
  const { contentHash, live } = policy;
  if (ENGINES[policy.kind].isEffective({ contentHash, hasBinding: live.binding !== undefined }, picture.shown))
    return true;
  // An older content that Kyverno still shows does, too, where only other mirrors' entries have changed since.
  return [...forms].some(([hash, form]) => picture.shown.has(hash) && form.get(mirror) === entry);
}

/** For how many ms still what was last written to this policy for this mirror may not have taken effect; 0 where it has. */
export function settlesInMs(policy: PolicyId, mirror: string, memory: Memory, now: number): number {
  const change = memoryOf(memory, policy).changes.get(mirror);
  return change === undefined ? 0 : Math.max(0, change.at + ENGINES[policy.kind].delays.settleMs - now);
}

/** The policies that have the mirror just as it is wanted, the one that it belongs into first. */
export function wantedHomes(
  mirror: string,
  wanted: PlacedEntry,
  picture: Picture,
  home: string | undefined,
): readonly FoundPolicy[] {
  const text = entryText(wanted.entry);
  const settings = settingsText(wanted.settings);
  return (picture.byMirror.get(mirror) ?? [])
    .filter((policy) => policy.form.get(mirror) === text)
    .filter((policy) => policy.settings !== undefined && settingsText(policy.settings) === settings)
    .toSorted((a, b) => Number(b.name === home) - Number(a.name === home));
}

/** Since when the policy has been seen to act on what it has for the mirror: a write that changes other mirrors leaves that so. */
function sameActing(policy: FoundPolicy, mirror: string, memory: Memory): Acting | undefined {
  const before = memory.acting.get(mirror);
  const change = memoryOf(memory, policy).changes.get(mirror);
  if (before !== undefined && change?.isMended === true && change.at >= before.since) return undefined;
  return before?.policy === policy.key && before.entry === policy.form.get(mirror) ? before : undefined;
}

/** Whether what this policy has for the mirror is in force by now. */
export function isInForce(policy: FoundPolicy, mirror: string, picture: Picture, memory: Memory, now: number): boolean {
  if (!actsOn(policy, mirror, picture, memory)) return false;
  return sameActing(policy, mirror, memory) !== undefined || settlesInMs(policy, mirror, memory, now) === 0;
}

/**
 * Since when each mirror's own policy acts on its entry.
 *
 * @param concerned - the mirrors for which anything changed since this was last worked out; undefined: all
 */
export function actingSince(
  picture: Picture,
  memory: Memory,
  now: number,
  concerned?: ReadonlySet<string>,
): Memory['acting'] {
  const acting = new Map<string, Acting>();
  for (const [mirror, wanted] of memory.placed) {
    const before = memory.acting.get(mirror);
    const isAsBefore = before !== undefined && concerned?.has(mirror) === false;
    const since = isAsBefore ? before : actingOn(mirror, wanted, picture, memory, now);
    if (since !== undefined) acting.set(mirror, since);
  }
  return acting;
}

function actingOn(
  mirror: string,
  wanted: PlacedEntry,
  picture: Picture,
  memory: Memory,
  now: number,
): Acting | undefined {
  const name = memory.homes.get(mirror);
  if (name === undefined) return undefined;
  const home = picture.byMirror
    .get(mirror)
    ?.find((policy) => policy.name === name && policy.kind === wanted.settings.engine);
  if (home?.form.get(mirror) !== entryText(wanted.entry)) return undefined;
  if (!actsOn(home, mirror, picture, memory)) return undefined;
  const before = sameActing(home, mirror, memory);
  if (before === undefined && settlesInMs(home, mirror, memory, now) > 0) return undefined;
  return before ?? { policy: home.key, entry: entryText(wanted.entry), since: now };
}

/**
 * For how many ms still new Pods may be treated by what this policy had for the mirror before, although nothing shows it any more: some replica may not
 * have heard of the last change.
 */
export function mayActForMs(policy: PolicyMemory, mirror: string, { knowledge }: Picture, now: number): number {
  const change = policy.changes.get(mirror);
  if (change === undefined || change.isFirst === true || knowledge[policy.kind].kind === 'missing') return 0;
  return Math.max(0, change.at + ENGINES[policy.kind].delays.spreadMs - now);
}

/**
 * For how many ms still Pods may be sent to a mirror by a policy that does not list it, if nothing else is seen; Infinity where a webhook shows that they
 * are, or where a write that has the mirror is under way; 0 where they aren't.
 */
export function heldForMs(policy: PolicyMemory, mirror: string, picture: Picture, now: number): number {
  const change = policy.changes.get(mirror);
  if (picture.knowledge[policy.kind].kind === 'missing') return 0;
  if ([...policy.forms].some(([hash, form]) => picture.shown.has(hash) && form.has(mirror))) return Infinity;
  if (change === undefined) return 0;
  const found = findPolicy(picture, policy);
  const { silenceMs, spreadMs } = ENGINES[policy.kind].delays;
  const leftMs = Math.max(0, change.at + silenceMs - now);
  // What was written with the mirror may come after all: the watch is late, or the API server carries out what was given up on.
  if (change.entry !== undefined) {
    return found?.form.has(mirror) === true ? 0 : Math.max(leftMs, change.at + LATE_MS - now);
  }
  // Kyverno has registered what is there now: what was written before can't follow any more.
  const hash = found?.contentHash;
  return hash !== undefined && picture.shown.has(hash) ? Math.max(0, change.at + spreadMs - now) : leftMs;
}
