import type { Turn } from '../../clock/turn.js';
import { groups, withStaying } from '../../engines/placement/group.js';
import type { Homes, PlacedEntry, PolicyGroup } from '../../engines/placement/group.js';
import type { MirrorEntry } from '../../engines/entry.js';
import { weightsOf } from '../../engines/placement/weight.js';
import { actingSince } from '../plan/acting.js';
import type { Desired } from './desired.js';
import { NOTHING_YET } from '../memory.js';
import type { Memory } from '../memory.js';
import type { Picture } from '../observe/picture.js';
import { stayingEntries } from './staying.js';

/** Which mirrors each policy is to have. */
export interface Placing {
  readonly groups: readonly PolicyGroup[];
  /** What all policies together decide by. */
  readonly entries: readonly MirrorEntry[];
  readonly wakeInMs: number;
  /** Whether a mirror waits for the policy that it moves to. */
  readonly isMoving: boolean;
  readonly memory: Memory;
}

/** Works out what placing asks of each entry, which is kept with it: there are thousands of new ones at a start, and others have their turn in between. */
export async function weighAll({ placed }: Desired, turn: Turn): Promise<void> {
  for (const { entry } of placed.values()) {
    await turn.breathe();
    weightsOf(entry);
  }
  await turn.breathe();
}

interface PlaceOptions {
  readonly now: number;
  readonly mirrorsPerPolicy?: number | undefined;
}

/** Places what is desired in policies; each mirror stays where it is. Pure. */
export function placePolicies(
  desired: Desired,
  picture: Picture,
  before: Memory,
  { now, mirrorsPerPolicy }: PlaceOptions,
): Placing {
  const placed = [...desired.placed.values()];
  const target = groups(placed, homesNow(desired.placed, picture.byMirror, before), mirrorsPerPolicy);
  const homes = new Map(target.flatMap(({ name, entries }) => entries.map(({ mirror }) => [mirror, name] as const)));
  const memory = { ...before, placed: desired.placed, homes };
  const acting = actingSince(picture, memory, now);
  const staying = stayingEntries(desired, homes, picture, acting, now);
  const all = [...placed, ...staying.entries].map(({ entry }) => entry);
  return {
    groups: withStaying(target, staying.entries),
    entries: [...all, ...desired.unread],
    wakeInMs: staying.wakeInMs,
    isMoving: staying.entries.length > 0,
    memory: { ...memory, acting },
  };
}

/** As placed before; after a restart, as the cluster has them. Policies of different kinds have the same names: only one of the wanted kind is a home. */
export function homesNow(
  placed: ReadonlyMap<string, PlacedEntry>,
  byMirror: Picture['byMirror'],
  before: Pick<Memory, 'placed' | 'homes'> = NOTHING_YET,
): Homes {
  const homes = new Map<string, string>();
  for (const [mirror, { settings }] of placed) {
    const wasPlaced = before.placed.get(mirror)?.settings.engine === settings.engine;
    const known = wasPlaced ? before.homes.get(mirror) : undefined;
    const home = known ?? byMirror.get(mirror)?.find(({ kind }) => kind === settings.engine)?.name;
    if (home !== undefined) homes.set(mirror, home);
  }
  return homes;
}
