import { ENGINES } from '../../engines/engines.js';
import { projectIn, pullPrefixIn } from '../../engines/entry.js';
import type { Memory, PolicyMemory } from '../memory.js';
import type { Picture } from '../observe/picture.js';
import { mayActForMs } from '../plan/acting.js';

interface SendersInput {
  readonly picture: Picture;
  readonly memory: Memory;
  readonly now: number;
}

/**
 * The mirrors that new Pods may be sent to a project of this name for, in whatever Harbor: by what a policy in the cluster has for them, by what a webhook
 * shows that it had, or by what it had a moment ago, which a replica that is behind may still go by. What a policy had before this process began isn't known:
 * where nothing shows that, it may have been this project for each of its mirrors. Pure.
 */
export function sentTo(project: string, { picture, memory, now }: SendersInput): ReadonlySet<string> {
  const listed = [...picture.policies.values()].flatMap(({ form }) => sendersIn(form, asIs).get(project) ?? []);
  const remembered = [...memory.policies.values()].flatMap((policy) => [
    ...shownFor(project, policy, picture),
    ...lately(project, policy, picture, now),
  ]);
  return new Set([...listed, ...remembered, ...unseen(picture, memory, now)]);
}

function unseen({ policies }: Picture, { since }: Memory, now: number): readonly string[] {
  const silent = [...policies.values()].filter(({ kind }) => {
    const { isKyverno, delays } = ENGINES[kind];
    return !isKyverno && now < since + delays.spreadMs;
  });
  return silent.flatMap(({ entries }) => [...entries.keys()]);
}

function shownFor(project: string, { forms }: PolicyMemory, { shown }: Picture): readonly string[] {
  return [...forms].flatMap(([hash, form]) => (shown.has(hash) ? (sendersIn(form, asIs).get(project) ?? []) : []));
}

function lately(project: string, policy: PolicyMemory, picture: Picture, now: number): readonly string[] {
  const before = sendersIn(policy.changes, ({ was }) => was).get(project) ?? [];
  return before.filter((mirror) => mayActForMs(policy, mirror, picture, now) > 0);
}

type Senders = ReadonlyMap<string, readonly string[]>;

const SENDERS = new WeakMap<ReadonlyMap<string, unknown>, Senders>();

/** By project; once for each version of a policy: thousands of mirrors that go ask for one project each. */
function sendersIn<T>(byMirror: ReadonlyMap<string, T>, textOf: (value: T) => string | undefined): Senders {
  const known = SENDERS.get(byMirror);
  if (known !== undefined) return known;
  const senders = new Map<string, string[]>();
  for (const [mirror, value] of byMirror) {
    const text = textOf(value);
    if (text === undefined) continue;
    const project = projectIn(pullPrefixIn(text));
    senders.set(project, [...(senders.get(project) ?? []), mirror]);
  }
  SENDERS.set(byMirror, senders);
  return senders;
}

function asIs(text: string): string {
  return text;
}
