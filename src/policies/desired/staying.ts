import { entryText } from '../../engines/entry.js';
import type { Homes, StayingEntry } from '../../engines/placement/group.js';
import { ENGINES } from '../../engines/engines.js';
import type { Desired } from './desired.js';
import { keyOfPolicy } from '../observe/live.js';
import type { Memory } from '../memory.js';
import type { Picture } from '../observe/picture.js';

/** What moves from one policy to another stays in the old one until the new one acts on it. */
interface Staying {
  readonly entries: readonly StayingEntry[];
  /** After this many ms one of them may have stayed long enough. */
  readonly wakeInMs: number;
}

/** Entries in the cluster whose mirror belongs into another policy that isn't in force for it yet, or only just. Pure. */
export function stayingEntries(
  { placed }: Desired,
  homes: Homes,
  picture: Picture,
  acting: Memory['acting'],
  now: number,
): Staying {
  const entries: StayingEntry[] = [];
  let wakeInMs = Infinity;
  for (const policy of picture.policies.values()) {
    const { settings } = policy;
    // An edited annotation may say another engine than the policy's.
    if (settings?.engine !== policy.kind) continue;
    for (const [mirror, entry] of policy.entries) {
      const wanted = placed.get(mirror);
      const home = homes.get(mirror);
      if (wanted === undefined || home === undefined) continue;
      const goal = keyOfPolicy({ kind: wanted.settings.engine, name: home });
      if (goal === keyOfPolicy(policy)) continue;
      const at = acting.get(mirror);
      const acts = at?.policy === goal && at.entry === entryText(wanted.entry);
      const leftMs = acts ? at.since + ENGINES[wanted.settings.engine].delays.lingerMs - now : Infinity;
      if (leftMs <= 0) continue;
      wakeInMs = Math.min(wakeInMs, leftMs);
      entries.push({ entry, settings, policy: policy.name });
    }
  }
  return { entries, wakeInMs };
}
