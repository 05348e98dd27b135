import { compare } from '../../image/rules.js';
import { canonicalJson } from '../syntax/digest.js';
import type { MirrorEntry } from '../entry.js';
import { placeInParts } from './parts.js';
import { policyName, type PolicySettings } from '../settings.js';

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

/** One group for all mirrors with the same settings, or several where they are too many; sorted by name. */
export function groups(placed: readonly PlacedEntry[], homes: Homes = new Map()): readonly PolicyGroup[] {
  const bySettings = Map.groupBy(placed, ({ settings }) => canonicalJson(settings));
  return [...bySettings.values()]
    .flatMap((members) => {
      const settings = members[0]?.settings;
      if (settings === undefined) return [];
      const parts = placeInParts(
        policyName(settings),
        members.map(({ entry }) => entry),
        homes,
      );
      return [...parts].map(([name, entries]): PolicyGroup => ({ name, settings, entries: sorted(entries) }));
    })
    .sort((a, b) => compare(a.name, b.name));
}

/** The same groups with what stays in them for a while, or in groups of its own. */
export function withStaying(target: readonly PolicyGroup[], staying: readonly StayingEntry[]): readonly PolicyGroup[] {
  const byName = new Map(target.map((group) => [group.name, group]));
  for (const [name, extra] of Map.groupBy(staying, ({ policy }) => policy)) {
    const [first] = extra;
    if (first === undefined) continue;
    const { settings, entries } = byName.get(name) ?? { settings: first.settings, entries: [] };
    byName.set(name, { name, settings, entries: sorted([...entries, ...extra.map(({ entry }) => entry)]) });
  }
  return [...byName.values()].sort((a, b) => compare(a.name, b.name));
}

function sorted(entries: readonly MirrorEntry[]): readonly MirrorEntry[] {
  return entries.toSorted((a, b) => compare(a.mirror, b.mirror));
}
