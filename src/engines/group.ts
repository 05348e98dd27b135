import { createHash } from 'node:crypto';

import { compare } from '../image/rules.js';
import { canonicalJson } from './digest.js';
import type { MirrorEntry } from './entry.js';
import { policyName, type PolicySettings } from './settings.js';

/** Entries of a policy: what it lists is evaluated for every Pod that uses one of them, and an object has a size limit. */
export const MAX_MIRRORS = 100;

/** Of a policy's entries as JSON. An object's annotations have room for 256 kB, and escaping makes expressions several times as long. */
const MAX_BYTES = 64_000;

/** A mirror's entry, and what decides which policy it goes into. */
export interface PlacedEntry {
  readonly entry: MirrorEntry;
  readonly settings: PolicySettings;
}

/** The mirrors that share a policy. */
export interface PolicyGroup {
  readonly name: string;
  readonly settings: PolicySettings;
  readonly entries: readonly MirrorEntry[];
}

/** One group for all mirrors with the same settings, or several where they are too many; sorted by name. */
export function groups(placed: readonly PlacedEntry[]): readonly PolicyGroup[] {
  const bySettings = Map.groupBy(placed, ({ settings }) => canonicalJson(settings));
  return [...bySettings.values()]
    .flatMap((members) => {
      const settings = members[0]?.settings;
      return settings === undefined
        ? []
        : split(
            policyName(settings),
            settings,
            members.map(({ entry }) => entry),
            0,
          );
    })
    .sort((a, b) => compare(a.name, b.name));
}

/**
 * Too large a group is halved by a bit of the mirrors' hashes, again and again: a mirror's policy then depends on no other
 * mirror, and none ever moves from one existing policy to another, which would leave its Pods without either for a moment.
 */
function split(
  name: string,
  settings: PolicySettings,
  entries: readonly MirrorEntry[],
  depth: number,
): readonly PolicyGroup[] {
  if (entries.length === 1 || (entries.length <= MAX_MIRRORS && JSON.stringify(entries).length <= MAX_BYTES)) {
    return [{ name, settings, entries: entries.toSorted((a, b) => compare(a.mirror, b.mirror)) }];
  }
  const separator = depth === 0 ? '-' : '';
  return [0, 1].flatMap((bit) => {
    const half = entries.filter(({ mirror }) => hashBit(mirror, depth) === bit);
    return half.length === 0 ? [] : split(`${name}${separator}${bit}`, settings, half, depth + 1);
  });
}

function hashBit(mirror: string, position: number): number {
  const byte = createHash('sha256').update(mirror).digest()[Math.floor(position / 8)] ?? 0;
  return (byte >> (position % 8)) & 1;
}
