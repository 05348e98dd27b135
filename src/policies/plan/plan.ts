import type { MirrorEntry } from '../../engines/entry.js';
import type { PolicyGroup } from '../../engines/placement/group.js';
import { ENGINES } from '../../engines/engines.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import { ownersOf } from '../../api/owners.js';
import type { Owner } from '../../api/owners.js';
import { contains } from '../../kubernetes/contains.js';
import { mirrorsIn } from '../held.js';
import { heldForMs, mayActForMs } from './acting.js';
import { calming, undoing } from '../contest.js';
import { isAsRendered, isHeld, keyOfPolicy } from '../observe/live.js';
import type { FoundPolicy } from '../observe/live.js';
import { byMirror, isAsAnswered, memoryOf, withPolicy } from '../memory.js';
import type { Memory, PolicyMemory } from '../memory.js';
import { findPolicy } from '../observe/picture.js';
import type { Picture } from '../observe/picture.js';
import type { Placing } from '../desired/place.js';
import { nextTrial, wantedText } from './trial.js';
import type { Trial } from './trial.js';

/** A write that brings the policies nearer to what they are to be. */
export type PolicyWrite =
  | { readonly kind: 'apply'; readonly policy: RenderedPolicy; readonly trial: Trial }
  | { readonly kind: 'delete'; readonly policy: FoundPolicy };

/** What is to be done now, what is to be remembered, and after how many ms to look again if nothing happens until then. */
export interface Plan {
  readonly writes: readonly PolicyWrite[];
  readonly memory: Memory;
  readonly wakeInMs: number;
  /** Whether a webhook that changes may bring the next step. */
  readonly isWaiting: boolean;
}

/** How groups of mirrors become policies. Gives the same for the same group. */
export interface Renderer {
  policy(group: PolicyGroup): RenderedPolicy;
  /** What a policy becomes before it is deleted. @param ownersBefore - of whom those stay its owners that are there */
  empty(policy: Pick<PolicyGroup, 'name' | 'settings'>, ownersBefore?: readonly Owner[]): RenderedPolicy;
}

const NOTHING_ADDED: Trial = { wanted: new Map(), entries: [], adding: [], rest: [] };

/** Compares what the policies are to be with what they are. Pure. */
export function planPolicies(placing: Placing, renderer: Renderer, picture: Picture, now: number): Plan {
  const writes: PolicyWrite[] = [];
  const wakes = [placing.wakeInMs];
  const stay = new Set(placing.groups.map(({ name, settings }) => keyOfPolicy({ kind: settings.engine, name })));
  let memory = forgotten(placing.memory, stay, picture, now);
  for (const group of placing.groups) {
    const id = { kind: group.settings.engine, name: group.name };
    if (picture.knowledge[id.kind].kind !== 'known') continue;
    const found = findPolicy(picture, id);
    const known = memoryOf(memory, id);
    const trial = nextTrial(byMirror(group.entries), entriesOf(found), known.refusal, now);
    if (trial.entries.length === 0 && found === undefined) continue;
    const policy = renderer.policy({ ...group, entries: sorted(trial.entries) });
    wakes.push(...retriesInMs(known, now));
    const isThere = found !== undefined && isInPlace(found, policy, known);
    const { contest, waitMs } = isThere ? calming(known, now) : undoing(known, policy, found, now);
    if (contest !== known.contest) memory = withPolicy(memory, { ...known, contest });
    const leftMs = Math.max(waitMs, isThere ? 0 : waitsMs(known, trial.wanted, now));
    if (leftMs > 0) wakes.push(leftMs);
    else if (!isThere) writes.push({ kind: 'apply', policy, trial });
  }
  const leaving = [...picture.policies.values()].filter((found) => !stay.has(keyOfPolicy(found)));
  for (const found of leaving) {
    const step = retire(found, memoryOf(memory, found), renderer, picture, now);
    memory = withPolicy(memory, step.memory);
    writes.push(...step.writes);
    wakes.push(step.wakeInMs);
  }
  for (const known of memory.policies.values()) {
    if (!stay.has(keyOfPolicy(known))) writes.push(...takenBack(known, renderer, picture, now));
  }
  wakes.push(...changesByTimeInMs(memory, picture, now));
  const isWaiting = placing.isMoving || leaving.some((found) => !isHeld(found));
  return { writes, memory, wakeInMs: Math.min(...wakes), isWaiting };
}

/** What is done now about a policy that no mirror needs. */
interface Step {
  readonly memory: PolicyMemory;
  readonly writes: readonly PolicyWrite[];
  readonly wakeInMs: number;
}

/**
 * A policy that no mirror needs: it loses its mirrors first, and goes once nobody is sent to it any more. Several API servers learn of a webhook's
 * change one after the other, and Kyverno refuses Pods that come for a policy which isn't there.
 */
function retire(found: FoundPolicy, known: PolicyMemory, renderer: Renderer, picture: Picture, now: number): Step {
  const { emptySince, ...rest } = known;
  const { settings } = found;
  if (isHeld(found)) return hollow(found, rest, renderer, now);
  const { retireMs } = ENGINES[found.kind].delays;
  if (settings?.engine !== found.kind || retireMs === 0) {
    return deleteAtOnce(found, rest, now);
  }
  const leftMs = waitsMs(known, NOTHING_ADDED.wanted, now);
  // Whoever owns it by now: for that alone it isn't written again.
  if (!isInPlace(found, renderer.empty({ name: found.name, settings }), known)) {
    const empty = renderer.empty({ name: found.name, settings }, ownersOf(found.live.object));
    const writes: PolicyWrite[] = leftMs > 0 ? [] : [{ kind: 'apply', policy: empty, trial: NOTHING_ADDED }];
    return { memory: rest, writes, wakeInMs: leftMs || Infinity };
  }
  const heldMs = Math.max(0, ...[...mirrorsIn(known)].map((mirror) => heldForMs(known, mirror, picture, now)));
  if (heldMs > 0) return { memory: rest, writes: [], wakeInMs: heldMs };
  const since = emptySince ?? now;
  const restMs = Math.max(since + retireMs - now, leftMs);
  const writes: PolicyWrite[] = restMs > 0 ? [] : [{ kind: 'delete', policy: found }];
  return { memory: { ...rest, emptySince: since }, writes, wakeInMs: restMs > 0 ? restMs : Infinity };
}

function deleteAtOnce(policy: FoundPolicy, memory: PolicyMemory, now: number): Step {
  const leftMs = Math.max(0, (memory.failure?.retryAt ?? 0) - now);
  return { memory, writes: leftMs > 0 ? [] : [{ kind: 'delete', policy }], wakeInMs: leftMs || Infinity };
}

/** A policy that is deleted already, and that finalizers hold: it acts until they let it go, and so it loses its mirrors. */
function hollow(found: FoundPolicy, memory: PolicyMemory, renderer: Renderer, now: number): Step {
  const { kind, name, settings } = found;
  // Somebody has deleted the policy alone, or a mirror came back into it meanwhile.
  if (isBound(found)) return deleteAtOnce(found, memory, now);
  const nothing = { memory, writes: [], wakeInMs: Infinity };
  if (settings?.engine !== kind) return nothing;
  const empty = unbound(renderer.empty({ name, settings }));
  if (isInPlace(found, empty, memory)) return nothing;
  const leftMs = waitsMs(memory, NOTHING_ADDED.wanted, now);
  if (leftMs > 0) return { ...nothing, wakeInMs: leftMs };
  return { ...nothing, writes: [{ kind: 'apply', policy: empty, trial: NOTHING_ADDED }] };
}

/** Whether the policy has a binding that is not deleted. */
function isBound({ live: { binding } }: FoundPolicy): boolean {
  return binding !== undefined && binding.metadata.deletionTimestamp === undefined;
}

/** Without the binding, which would be made anew, and stay when the policy goes. */
function unbound({ kind, name, contentHash, object, entries, explanations, settings }: RenderedPolicy): RenderedPolicy {
  return { kind, name, contentHash, object, entries, explanations, settings };
}

/**
 * A policy that somebody else has deleted, such as the garbage collector where its mirrors are deleted in the foreground: while Kyverno's webhook still has
 * Pods sent to it, Kyverno refuses them. It comes back without mirrors, and goes as any other.
 */
function takenBack(
  known: PolicyMemory,
  renderer: Renderer,
  { policies, knowledge, shown }: Picture,
  now: number,
): readonly PolicyWrite[] {
  const { kind, name, taken, forms } = known;
  if (taken?.engine !== kind || ENGINES[kind].delays.retireMs === 0) return [];
  if (knowledge[kind].kind !== 'known' || policies.has(keyOfPolicy(known))) return [];
  const isAskedFor = [...forms.keys()].some((hash) => shown.has(hash));
  if (!isAskedFor || waitsMs(known, NOTHING_ADDED.wanted, now) > 0) return [];
  return [{ kind: 'apply', policy: renderer.empty({ name, settings: taken }), trial: NOTHING_ADDED }];
}

/** Whether the policy is as it is to be, or as another webhook leaves it whenever that is written. */
function isInPlace(found: FoundPolicy, policy: RenderedPolicy, { accepted }: PolicyMemory): boolean {
  if (isAsRendered(found.live, policy)) return true;
  return accepted !== undefined && contains(accepted.policy, policy) && isAsAnswered(found, accepted);
}

/** For how long this write has to wait after it failed, or was refused. */
function waitsMs({ failure, refusal }: PolicyMemory, wanted: Trial['wanted'], now: number): number {
  const { whole } = refusal ?? {};
  const refusedMs = whole?.wanted === wantedText(wanted) ? whole.retryAt - now : 0;
  return Math.max(0, (failure?.retryAt ?? 0) - now, refusedMs);
}

function retriesInMs({ refusal }: PolicyMemory, now: number): readonly number[] {
  return [...(refusal?.blocked.values() ?? [])].map(({ retryAt }) => retryAt - now).filter((ms) => ms > 0);
}

/** When time alone changes how a mirror stands. */
function changesByTimeInMs({ policies }: Memory, picture: Picture, now: number): readonly number[] {
  return [...policies.values()].flatMap((policy) =>
    [...policy.changes]
      .flatMap(([mirror, { entry, at }]) => [
        heldForMs(policy, mirror, picture, now),
        // What a webhook still shows may be over by then, without another sign.
        at + ENGINES[policy.kind].delays[entry === undefined ? 'spreadMs' : 'settleMs'] - now,
      ])
      .filter((ms) => ms > 0 && ms < Infinity),
  );
}

/** Without what can't matter any more. What is as before is the same object. */
function forgotten(memory: Memory, stay: ReadonlySet<string>, picture: Picture, now: number): Memory {
  const policies = [...memory.policies].flatMap(([key, policy]) => {
    const found = picture.policies.get(key);
    if (picture.knowledge[policy.kind].kind === 'missing') return [];
    const forms = [...policy.forms].filter(([hash]) => picture.shown.has(hash) || hash === found?.contentHash);
    const changes = [...policy.changes].filter(([mirror, { entry, at }]) =>
      entry === undefined || found === undefined
        ? at === Infinity ||
          heldForMs(policy, mirror, picture, now) > 0 ||
          mayActForMs(policy, mirror, picture, now) > 0
        : true,
    );
    const isOver = found === undefined && !stay.has(key) && forms.length === 0 && changes.length === 0;
    if (isOver) return [];
    const isSame = forms.length === policy.forms.size && changes.length === policy.changes.size;
    return [[key, isSame ? policy : { ...policy, forms: new Map(forms), changes: new Map(changes) }] as const];
  });
  const isSame =
    policies.length === memory.policies.size && policies.every(([key, policy]) => memory.policies.get(key) === policy);
  return isSame ? memory : { ...memory, policies: new Map(policies) };
}

function entriesOf(found: FoundPolicy | undefined): ReadonlyMap<string, MirrorEntry> {
  return found?.entries ?? new Map<string, MirrorEntry>();
}

function sorted(entries: readonly MirrorEntry[]): readonly MirrorEntry[] {
  return entries.toSorted((a, b) => (a.mirror < b.mirror ? -1 : 1));
}
