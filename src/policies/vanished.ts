import { ENGINES } from '../engines/engines.js';
import { formsOf, memoryOf, withPolicy } from './memory.js';
import type { Memory, PolicyMemory } from './memory.js';
import type { FoundPolicy } from './observe/live.js';
import type { Picture } from './observe/picture.js';

/** With the policies that were there before and are no more: somebody else may have deleted them. */
export function withVanished(memory: Memory, before: Picture | undefined, picture: Picture, now: number): Memory {
  const gone = [...(before?.policies.values() ?? [])].filter(
    (policy) => !picture.policies.has(policy.key) && picture.knowledge[policy.kind].kind === 'known',
  );
  return gone.reduce((sum, policy) => withPolicy(sum, vanished(memoryOf(sum, policy), policy, now)), memory);
}

/**
 * A policy that is gone may act for as long as after a deletion of our own; but nothing that was written is still to come into force, other than by a write
 * that isn't known to be carried out: it makes the policy anew.
 */
function vanished(memory: PolicyMemory, before: FoundPolicy, now: number): PolicyMemory {
  const { settleMs, silenceMs } = ENGINES[memory.kind].delays;
  const { sent } = memory;
  const changes = [...before.form.keys()].flatMap((mirror) => {
    const isOut = memory.changes.get(mirror)?.entry === undefined && memory.changes.has(mirror);
    const entry = sent?.form.get(mirror);
    const sentAt = entry === undefined ? undefined : sent?.at;
    return isOut ? [] : [[mirror, { entry, at: Math.max(now + settleMs - silenceMs, sentAt ?? -Infinity) }] as const];
  });
  if (changes.length === 0) return memory;
  return {
    ...memory,
    forms: new Map([...memory.forms, ...formsOf(before)]),
    changes: new Map([...memory.changes, ...changes]),
    taken: before.settings,
  };
}
