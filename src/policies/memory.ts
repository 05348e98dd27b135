import { entryText, type MirrorEntry } from '../engines/entry.js';
import type { Homes, PlacedEntry } from '../engines/placement/group.js';
import { ownersOf } from '../api/owners.js';
import type { RenderedPolicy } from '../engines/policy.js';
import type { PolicySettings } from '../engines/settings.js';
import { contains } from '../kubernetes/contains.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { formOf, keyOfPolicy } from './observe/live.js';
import type { FoundPolicy, Form, LivePolicy, PolicyId } from './observe/live.js';
import type { Picture } from './observe/picture.js';
import type { Contest } from './contest.js';
import type { Blocked, Refusal, Trial } from './plan/trial.js';

/** All that the policies remember between two looks. Nothing of it is needed to be right: after a restart, times count anew. */
export interface Memory {
  /** Since when anything is. */
  readonly since: number;
  /** What each mirror was to have when that was last worked out. */
  readonly placed: ReadonlyMap<string, PlacedMirror>;
  /** The policy that each mirror was placed in last. */
  readonly homes: Homes;
  /** Since when the policy that a mirror belongs into acts on its entry. */
  readonly acting: ReadonlyMap<string, Acting>;
  readonly policies: ReadonlyMap<string, PolicyMemory>;
  /** The policies in the cluster, as they were when each kind of them could be read last. */
  readonly read: Picture['policies'];
}

export interface PlacedMirror extends PlacedEntry {
  /** Of the mirror's object: another one of the same name has another uid. */
  readonly uid: string | undefined;
}

export interface Acting {
  /** Kind and name. */
  readonly policy: string;
  readonly entry: string;
  readonly since: number;
}

/** What is remembered of one policy. */
export interface PolicyMemory extends PolicyId {
  /** What it has, had, or is being given, by the content's hash: what a webhook with this hash sends Pods for. */
  readonly forms: ReadonlyMap<string, Form>;
  /** What was last written for each mirror. */
  readonly changes: ReadonlyMap<string, Change>;
  /** What the last write has, where it isn't known to be carried out. */
  readonly sent?: Sent | undefined;
  /** What was last accepted, and what came of it: another webhook may change what is written. */
  readonly accepted?: Accepted;
  readonly refusal?: Refusal;
  readonly contest?: Contest | undefined;
  readonly failure?: Failure | undefined;
  /** Since when a policy that is to go has been seen to have no effect. */
  readonly emptySince?: number;
  /** Its settings, where somebody else has ever deleted it while it had mirrors. */
  readonly taken?: PolicySettings | undefined;
}

interface Change {
  /** Undefined where the mirror has left the policy. */
  readonly entry: string | undefined;
  /** What the policy may have had for the mirror before, where that was anything else. */
  readonly was?: string | undefined;
  /** When the write was answered; Infinity until then. */
  readonly at: number;
  /** The policy was not as we left it, and it was not for its mirrors that it was written. */
  readonly isMended?: boolean;
  /** The policy had nothing for the mirror before, and had let go of nothing lately. */
  readonly isFirst?: boolean;
}

interface Sent {
  readonly form: Form;
  /** When the write was given up on, which may be carried out later all the same; Infinity while it is under way. */
  readonly at: number;
}

interface Accepted {
  readonly policy: RenderedPolicy;
  readonly answer: LivePolicy;
  /** When it was answered. */
  readonly at: number;
}

/** A write that failed for now. */
export interface Failure {
  readonly message: string;
  readonly times: number;
  readonly retryAt: number;
}

export const NOTHING_YET: Memory = {
  since: -Infinity,
  placed: new Map(),
  homes: new Map(),
  acting: new Map(),
  policies: new Map(),
  read: new Map(),
};

const NO_FORMS: PolicyMemory['forms'] = new Map();
const NO_CHANGES: PolicyMemory['changes'] = new Map();

export function memoryOf({ policies }: Memory, policy: PolicyId & { readonly key?: string }): PolicyMemory {
  const { kind, name, key = keyOfPolicy(policy) } = policy;
  return policies.get(key) ?? { kind, name, forms: NO_FORMS, changes: NO_CHANGES };
}

/** The memory with what became of one policy. */
export function withPolicy(memory: Memory, policy: PolicyMemory): Memory {
  return { ...memory, policies: new Map([...memory.policies, [keyOfPolicy(policy), policy]]) };
}

/**
 * A policy is about to be written. The watch may show it before the answer is there.
 *
 * @param before - as it is in the cluster
 */
export function writing(memory: PolicyMemory, policy: RenderedPolicy, before: FoundPolicy | undefined): PolicyMemory {
  const form = formOf(policy.entries);
  const there = before?.form ?? new Map<string, string>();
  const isOurs = before !== undefined && memory.accepted !== undefined && isAsAnswered(before, memory.accepted);
  return {
    ...memory,
    sent: { form, at: Infinity },
    forms: new Map([...memory.forms, ...formsOf(before), [policy.contentHash, form]]),
    changes: changed(memory.changes, form, there, isOurs),
  };
}

/** A policy is about to be deleted. */
export function deleting(memory: PolicyMemory, before: FoundPolicy): PolicyMemory {
  const forms = new Map([...memory.forms, ...formsOf(before)]);
  return { ...memory, sent: undefined, forms, changes: changed(memory.changes, new Map(), before.form, true) };
}

/** The API server took the policy. */
export function accepted(
  memory: PolicyMemory,
  accepted: Omit<Accepted, 'at'>,
  trial: Trial,
  now: number,
): PolicyMemory {
  const { refusal, ...rest } = withoutFailure(answered(memory, now));
  const blocked = refusal?.blocked ?? new Map<string, Blocked>();
  const isStill = (mirror: string, entry: string): boolean => {
    const wanted = trial.wanted.get(mirror);
    return wanted !== undefined && entryText(wanted) === entry && !trial.adding.includes(mirror);
  };
  const stillBlocked = new Map([...blocked].filter(([mirror, { entry }]) => isStill(mirror, entry)));
  const isOver = trial.rest.length === 0 && stillBlocked.size === 0;
  return {
    ...rest,
    sent: undefined,
    accepted: { ...accepted, at: now },
    ...(isOver ? {} : { refusal: { tries: trial.rest, blocked: stillBlocked } }),
  };
}

/** Whether a policy is as the API server answered that it is; other webhooks may change what is written. */
export function isAsAnswered({ live }: FoundPolicy, { answer }: Accepted): boolean {
  if (live.editors !== undefined && answer.editors === undefined) return false;
  return (
    contains(decisive(live.object), decisive(answer.object)) &&
    (answer.binding === undefined || contains(decisive(live.binding), decisive(answer.binding)))
  );
}

/** What people and webhooks change of a policy: not what the API server counts. */
function decisive(object: KubernetesObject | undefined): object {
  const { labels, annotations } = object?.metadata ?? {};
  const owners = object && ownersOf(object);
  return { spec: object !== undefined && 'spec' in object ? object.spec : undefined, labels, annotations, owners };
}

/** The policy is gone. */
export function deleted(memory: PolicyMemory, now: number): PolicyMemory {
  const { kind, name, forms, changes } = answered(memory, now);
  return { kind, name, forms, changes };
}

/** The write was answered, or given up on: from now on it takes its time to have effect. */
export function answered(memory: PolicyMemory, now: number): PolicyMemory {
  const changes = [...memory.changes].map(([mirror, change]) => [mirror, atOnce(change, now)] as const);
  return { ...memory, sent: memory.sent && atOnce(memory.sent, now), changes: new Map(changes) };
}

function atOnce<T extends { readonly at: number }>(change: T, now: number): T {
  return change.at === Infinity ? { ...change, at: now } : change;
}

export function withoutFailure(memory: PolicyMemory): PolicyMemory {
  return { ...memory, failure: undefined };
}

/** What a policy has, by its content's hash. */
export function formsOf(policy: FoundPolicy | undefined): readonly (readonly [string, Form])[] {
  return policy?.contentHash === undefined ? [] : [[policy.contentHash, policy.form]];
}

/**
 * What a write changes for each mirror. Counted by mirror: what is written for one changes nothing of the others in the same policy, which
 * would never be in force where mirrors come and go all the time.
 *
 * @param isOurs - whether the policy is as we left it; if not, the write is one for all of its mirrors
 */
function changed(
  before: ReadonlyMap<string, Change>,
  form: Form,
  there: Form,
  isOurs: boolean,
): ReadonlyMap<string, Change> {
  const mirrors = new Set([...form.keys(), ...before.keys(), ...there.keys()]);
  const isMended = !isOurs && sameForm(form, there);
  return new Map(
    [...mirrors].map((mirror) => {
      const entry = form.get(mirror);
      const change = before.get(mirror);
      const isSame = isOurs && change !== undefined && change.entry === entry;
      const isFirst = change === undefined && !there.has(mirror);
      // A write before may have been carried out without an answer.
      const was = [there.get(mirror), change?.entry, change?.was].find((text) => text !== undefined && text !== entry);
      return [mirror, isSame ? change : { entry, was, at: Infinity, isMended, isFirst }];
    }),
  );
}

function sameForm(a: Form, b: Form): boolean {
  return a.size === b.size && [...a].every(([mirror, entry]) => b.get(mirror) === entry);
}

/** The mirrors' entries by mirror. */
export function byMirror(entries: readonly MirrorEntry[]): ReadonlyMap<string, MirrorEntry> {
  return new Map(entries.map((entry) => [entry.mirror, entry]));
}
