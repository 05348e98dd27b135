import type { RegistryMirror } from '../../api/registry-mirror.js';
import { entryText } from '../../engines/entry.js';
import { literalPrefix } from '../../image/glob.js';
import { overwritten } from '../contest.js';
import { heldForMs, isInForce, wantedHomes } from '../plan/acting.js';
import { chosen, kept } from '../desired/auto.js';
import type { ChosenEntry } from '../desired/auto.js';
import { presentEntry } from '../desired/desired.js';
import { rememberedWith, strangeContents } from '../held.js';
import { memoryOf } from '../memory.js';
import type { Memory, PolicyMemory } from '../memory.js';
import { emptiedBy } from '../emptied.js';
import { missingApi, missingApis } from '../plan/refusal.js';
import type { PolicyRef, PolicyState, RoutingDecision, ServedState } from '../state.js';
import { policyWith } from './sending.js';
import type { FoundPolicy, PolicyId } from '../observe/live.js';
import { unknownBecause } from '../observe/picture.js';
import type { Picture } from '../observe/picture.js';

/** A host, and the literal beginning of repositories there: "" for all of the host. */
export interface ServedClaim {
  readonly host: string;
  readonly prefix: string;
}

export interface StandingInput {
  readonly name: string;
  /** Undefined: gone. */
  readonly mirror: RegistryMirror | undefined;
  readonly decision: RoutingDecision;
  readonly picture: Picture;
  readonly memory: Memory;
  readonly now: number;
}

/** How a mirror stands, as if it had come to stand so now. Pure. */
export function standing(input: StandingInput): PolicyState {
  const { decision, mirror, picture, memory } = input;
  const wanted = mirror === undefined ? undefined : wantedBy(mirror, decision, picture, memory);
  return wanted === undefined ? standingOutside(input) : standingWith(input, wanted);
}

function wantedBy(
  mirror: RegistryMirror,
  decision: RoutingDecision,
  picture: Picture,
  memory: Memory,
): ChosenEntry | undefined {
  if (decision.kind === 'include') return chosen(mirror, decision, picture, memory);
  const present = decision.kind === 'unchanged' ? presentEntry(mirror, picture, memory) : undefined;
  return present && kept(mirror, present, picture);
}

function standingWith({ name, picture, memory, now }: StandingInput, wanted: ChosenEntry): PolicyState {
  const kind = wanted.settings.engine;
  const because = wanted.because === undefined ? {} : { because: wanted.because };
  if (picture.knowledge[kind].kind === 'missing') {
    return wanted.because === undefined ? missingApi(kind, picture.knowledge) : missingApis(picture.autoEngines);
  }
  const unknown = unknownBecause(picture, [kind]);
  if (unknown !== undefined) return { kind: 'unknown', forMs: 0, message: unknown };
  const home = memory.homes.get(name);
  const homes = wantedHomes(name, wanted, picture, home);
  const acting = homes.find((policy) => isInForce(policy, name, picture, memory, now));
  const at = acting?.name ?? home;
  if (at === undefined) return { kind: 'pending', forMs: 0 };
  const policy = { kind, name: at, ...because };
  const known = memoryOf(memory, policy);
  const problem = overwritten(policy, known);
  if (problem !== undefined) return problem;
  if (acting === undefined) return notInForce(policy, wanted, known, homes.length > 0);
  const message = stillIn(name, acting, picture, memory);
  return message === undefined ? { kind: 'inForce', policy } : { kind: 'pending', forMs: 0, policy, message };
}

/** Why a policy that the mirror moved out of goes on sending Pods as before; undefined where none does, or nothing keeps it from letting go. */
function stillIn(name: string, { key }: FoundPolicy, picture: Picture, memory: Memory): string | undefined {
  for (const there of picture.byMirror.get(name) ?? []) {
    const problem = there.key === key ? undefined : problemOf(memory, there);
    if (problem !== undefined) {
      return `The ${there.kind} ${there.name}, which the mirror moved out of, still has it: ${problem}`;
    }
  }
  return undefined;
}

function notInForce(policy: PolicyRef, wanted: ChosenEntry, known: PolicyMemory, isThere: boolean): PolicyState {
  const { refusal, failure } = known;
  const blocked = refusal?.blocked.get(wanted.entry.mirror);
  if (blocked?.entry === entryText(wanted.entry)) {
    return { kind: 'failed', stalled: true, reason: 'PolicyRefused', message: blocked.message };
  }
  if (refusal?.whole !== undefined && !isThere) return refusal.whole.state;
  const message = failure && { message: `The ${policy.kind} ${policy.name} could not be written: ${failure.message}` };
  return { kind: 'pending', forMs: 0, policy, ...message };
}

/** Out of all policies, or on the way there. */
function standingOutside({ name, mirror, picture, memory, now }: StandingInput): PolicyState {
  const there = policyWith(picture, name, mirror);
  if (there !== undefined) {
    const problem = problemOf(memory, there);
    const message = problem && { message: `The ${there.kind} ${there.name} still has it: ${problem}` };
    return { kind: 'pending', forMs: 0, ...message };
  }
  const held = rememberedWith(name, memory).some((policy) => heldForMs(policy, name, picture, now) > 0);
  if (held || mayBeHeld(mirror, name, picture, memory)) return { kind: 'pending', forMs: 0 };
  const unknown = unknownBecause(picture);
  return unknown === undefined ? absent(mirror, picture, memory) : { kind: 'unknown', forMs: 0, message: unknown };
}

function absent(mirror: RegistryMirror | undefined, picture: Picture, memory: Memory): PolicyState {
  const { uid, deletionTimestamp } = mirror?.metadata ?? {};
  const policy = deletionTimestamp === undefined ? undefined : emptiedBy(uid, picture);
  if (policy === undefined) return { kind: 'absent' };
  const { kind, name } = policy;
  const message = problemOf(memory, policy);
  return { kind: 'absent', emptied: { kind, name, ...(message === undefined ? {} : { message }) } };
}

/** Why a policy could not be written last. */
function problemOf(memory: Memory, policy: PolicyId): string | undefined {
  const { refusal, failure } = memoryOf(memory, policy);
  return refusal?.whole?.state.message ?? failure?.message;
}

/** Whether a webhook shows a content from before a restart that nobody knows any more, of the policy that the mirror was in. */
function mayBeHeld(mirror: RegistryMirror | undefined, name: string, picture: Picture, memory: Memory): boolean {
  const homes = [memory.homes.get(name), mirror?.status.policy?.name];
  return strangeContents(picture, memory).some(({ policy }) => policy !== undefined && homes.includes(policy));
}

/**
 * Whether a mirror that is to leave has nothing to wait for: no policy has it, or may have it. Its project may be deleted from now on, also while its
 * withdrawal waits for others to share a write with, so nothing that was planned before may be written with it. Pure.
 */
export function hasLeft(input: StandingInput): boolean {
  const { mirror, decision } = input;
  if (mirror === undefined) return true;
  // What was decided of a deleted mirror is forgotten as it is let go of, which the watch may tell of later.
  const isToLeave = decision.kind === 'withdraw' || mirror.metadata.deletionTimestamp !== undefined;
  return isToLeave && standing({ ...input, decision: { kind: 'withdraw' } }).kind === 'absent';
}

/** Whether what was planned with this mirror was planned with another object of its name. Pure. */
export function isAnother({ name, mirror, memory }: StandingInput): boolean {
  return memory.placed.get(name)?.uid !== mirror?.metadata.uid;
}

/** What Pods are sent to for a mirror, as far as it is in a policy or about to be. Pure. */
export function servedState({ mirror, decision, picture, memory }: Omit<StandingInput, 'now' | 'name'>): ServedState {
  if (mirror === undefined) return { kind: 'none' };
  const entry = presentEntry(mirror, picture, memory);
  if (entry !== undefined) return { kind: 'served', entry: entry.entry, settings: entry.settings };
  const unknown = unknownBecause(picture);
  if (unknown === undefined || decision.kind === 'include') return { kind: 'none' };
  return { kind: 'unknown', message: unknown };
}

/** Whether a mirror that is served so has this host, with these repositories of it. Pure. */
export function servesClaim(served: ServedState, { host, prefix }: ServedClaim): boolean | 'unknown' {
  if (served.kind === 'unknown') return 'unknown';
  if (served.kind === 'none') return false;
  const { hosts, include } = served.entry;
  return hosts.includes(host) && (include.length === 0 ? [''] : include.map(literalPrefix)).includes(prefix);
}
