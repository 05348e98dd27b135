import { compare } from '../../image/rules.js';
import type { MirrorEntry } from '../entry.js';
import { MIRRORS_PER_POLICY, placeInParts } from './parts.js';
import { policyName } from '../metadata/names.js';
import { settingsText } from '../settings.js';
import { scaleAmong } from './weight.js';
import type { PolicySettings } from '../settings.js';

/** A mirror's entry, and what decides which policy it goes into. */
export interface PlacedEntry {
  readonly entry: MirrorEntry;
  readonly settings: PolicySettings;
}

/** An entry that stays in this policy for a while, although its mirror belongs into another one. */
export interface StayingEntry extends PlacedEntry {
  readonly policy: string;
}

/** The mirrors that share a policy. */
export interface PolicyGroup {
  readonly name: string;
  readonly settings: PolicySettings;
  readonly entries: readonly MirrorEntry[];
}

/** The name of the policy that each mirror is in now, by the mirror's name. */
export type Homes = ReadonlyMap<string, string>;

/**
 * One group for all mirrors with the same settings, or several where they are too many; sorted by name and kind.
 *
 * @param mirrorsPerPolicy - at most so many. Default: what suits the engine
 */
export function groups(
  placed: readonly PlacedEntry[],
  homes: Homes = new Map(),
  mirrorsPerPolicy?: number,
): readonly PolicyGroup[] {
  const weigh = scaleAmong(placed.map(({ entry }) => entry));
  const bySettings = Map.groupBy(placed, ({ settings }) => settingsText(settings));
  return [...bySettings.values()]
    .flatMap((members) => {
      const settings = members[0]?.settings;
      if (settings === undefined) return [];
      const parts = placeInParts(
        policyName(settings),
        members.map(({ entry }) => entry),
        homes,
        mirrorsPerPolicy ?? MIRRORS_PER_POLICY[settings.engine],
        weigh,
      );
      return [...parts].map(([name, entries]): PolicyGroup => ({ name, settings, entries: sorted(entries) }));
    })
    .sort(inOrder);
}

/** The same groups with what stays in them for a while, or in groups of its own. */
export function withStaying(target: readonly PolicyGroup[], staying: readonly StayingEntry[]): readonly PolicyGroup[] {
  const byKey = new Map(target.map((group) => [keyOf(group.settings, group.name), group]));
  for (const [key, extra] of Map.groupBy(staying, ({ settings, policy }) => keyOf(settings, policy))) {
    const [first] = extra;
    if (first === undefined) continue;
    const { name, settings, entries } = byKey.get(key) ?? { ...first, name: first.policy, entries: [] };
    byKey.set(key, { name, settings, entries: sorted([...entries, ...extra.map(({ entry }) => entry)]) });
  }
  return [...byKey.values()].sort(inOrder);
}

/** Policies of different kinds may have the same name. */
function keyOf({ engine }: PolicySettings, name: string): string {
  return `${engine}/${name}`;
}

function inOrder(a: PolicyGroup, b: PolicyGroup): number {
  return compare(a.name, b.name) || compare(a.settings.engine, b.settings.engine);
}

function sorted(entries: readonly MirrorEntry[]): readonly MirrorEntry[] {
  return entries.toSorted((a, b) => compare(a.mirror, b.mirror));
}
