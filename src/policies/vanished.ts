import { ENGINES } from '../engines/engines.js';
import { formsOf, memoryOf, withPolicy } from './memory.js';
import type { Memory, PolicyMemory } from './memory.js';
import type { FoundPolicy } from './observe/live.js';
import type { Picture } from './observe/picture.js';

/** With the policies that were there when their kind could be read last, and are no more: somebody else may have deleted them. */
export function withVanished(memory: Memory, picture: Picture, now: number): Memory {
  const isKnown = ({ kind }: FoundPolicy): boolean => picture.knowledge[kind].kind === 'known';
  const missing = [...memory.read].filter(([key]) => !picture.policies.has(key));
  const gone = missing.map(([, policy]) => policy).filter(isKnown);
  const unread = missing.filter(([, policy]) => !isKnown(policy));
  const read = unread.length === 0 ? picture.policies : new Map([...unread, ...picture.policies]);
  const next = gone.reduce((sum, policy) => withPolicy(sum, vanished(memoryOf(sum, policy), policy, now)), memory);
  return { ...next, read };
}

/**
 * A policy that is gone may act for as long as after a deletion of our own; but nothing that was written is still to come into force, other than by a write
 * that isn't known to be carried out: it makes the policy anew.
 */
function vanished(memory: PolicyMemory, before: FoundPolicy, now: number): PolicyMemory {
  const { settleMs, silenceMs } = ENGINES[memory.kind].delays;
  const { sent } = memory;
  const changes = [...before.form].flatMap(([mirror, was]) => {
    const isOut = memory.changes.get(mirror)?.entry === undefined && memory.changes.has(mirror);
    const entry = sent?.form.get(mirror);
    const sentAt = entry === undefined ? undefined : sent?.at;
    const at = Math.max(now + settleMs - silenceMs, sentAt ?? -Infinity);
    return isOut ? [] : [[mirror, { entry, was, at }] as const];
  });
  if (changes.length === 0) return memory;
  return {
    ...memory,
    forms: new Map([...memory.forms, ...formsOf(before)]),
    changes: new Map([...memory.changes, ...changes]),
    taken: before.settings,
  };
}
