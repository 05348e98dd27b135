import { compare } from '../../image/rules.js';
import type { MirrorEntry } from '../entry.js';
import { isPartOf, partName } from '../metadata/names.js';
import type { PolicyEngine } from '../settings.js';
import { NOTHING, scaleAmong, shareOf, sumOf } from './weight.js';
import type { Scale, Weight } from './weight.js';

/** The most that MIRRORS_PER_POLICY may say. */
export const MOST_MIRRORS_PER_POLICY = 1000;
/**
 * How many mirrors a policy has at most, unless MIRRORS_PER_POLICY says otherwise: what costs Pods least (docs/adr/2026-11-26-mirrors-per-policy.md). A Pod pays for
 * each policy; a Pod with a mirrored image also pays for each mirror in a ClusterPolicy, since Kyverno reads these as text.
 */
export const MIRRORS_PER_POLICY: Readonly<Record<PolicyEngine, number>> = {
  ClusterPolicy: 100,
  MutatingPolicy: MOST_MIRRORS_PER_POLICY,
  MutatingAdmissionPolicy: MOST_MIRRORS_PER_POLICY,
};

/**
 * How much larger than the mirrors need a policy's limits have to be before one policy less is worth its moves. Without this room, a mirror
 * that comes and goes would have others moved each time.
 */
const SPARE = 1.2;

/**
 * Which of the policies with the same settings each mirror is in. It stays in the one it is in; a new one goes into the first with room, or
 * into a new policy. Nothing moves but out of a policy that has become too large, and out of a small one when it isn't
 * needed any more. The first policy isn't given up for others, however small: exceptions and people know its name.
 *
 * @param base - the first policy's name; that of the others begins with it
 * @param homes - the policies that mirrors are in now, of these settings or of others
 * @param atMost - how many mirrors a policy may have
 * @param weigh - default: as these mirrors weigh where there are no others
 */
export function placeInParts(
  base: string,
  entries: readonly MirrorEntry[],
  homes: ReadonlyMap<string, string>,
  atMost: number,
  weigh: Scale = scaleAmong(entries),
): ReadonlyMap<string, readonly MirrorEntry[]> {
  const limits = { atMost, weigh };
  const parts = new Map<string, Part>();
  const newcomers: MirrorEntry[] = [];
  for (const entry of entries.toSorted((a, b) => compare(a.mirror, b.mirror))) {
    const home = homes.get(entry.mirror);
    if (home === undefined || !isPartOf(base, home)) newcomers.push(entry);
    else partOf(parts, home, limits).add(entry);
  }
  for (const part of parts.values()) newcomers.push(...part.shrink());
  for (const entry of newcomers)
    (firstWithRoom(parts, entry) ?? partOf(parts, freeName(base, parts), limits)).add(entry);
  while (dissolvesOne(base, parts, limits)) continue;
  return new Map([...parts].map(([name, { entries: placed }]) => [name, placed]));
}

/** When a policy is full. */
interface Limits {
  readonly atMost: number;
  readonly weigh: Scale;
}

class Part {
  readonly #limits: Limits;
  readonly #entries: MirrorEntry[];
  #weight: Weight;

  constructor(limits: Limits, entries: readonly MirrorEntry[] = []) {
    this.#limits = limits;
    this.#entries = [...entries];
    this.#weight = entries.map(limits.weigh).reduce(sumOf, NOTHING);
  }

  get entries(): readonly MirrorEntry[] {
    return this.#entries;
  }

  get weight(): Weight {
    return this.#weight;
  }

  hasRoomFor(entry: MirrorEntry): boolean {
    const { atMost, weigh } = this.#limits;
    return this.#entries.length < atMost && shareOf(sumOf(this.#weight, weigh(entry))) <= 1;
  }

  add(entry: MirrorEntry): void {
    this.#entries.push(entry);
    this.#weight = sumOf(this.#weight, this.#limits.weigh(entry));
  }

  /** @returns what doesn't fit any more, the largest first */
  shrink(): readonly MirrorEntry[] {
    const { atMost, weigh } = this.#limits;
    const out: MirrorEntry[] = [];
    while (this.#entries.length > 1 && (this.#entries.length > atMost || shareOf(this.#weight) > 1)) {
      const largest = this.#entries.reduce((a, b) => (shareOf(weigh(b)) >= shareOf(weigh(a)) ? b : a));
      this.#entries.splice(this.#entries.indexOf(largest), 1);
      this.#weight = this.#entries.map(weigh).reduce(sumOf, NOTHING);
      out.push(largest);
    }
    return out;
  }
}

/** Spreads a part over the others where they have room to spare: the smallest that fits, but never the base. */
function dissolvesOne(base: string, parts: Map<string, Part>, limits: Limits): boolean {
  const all = [...parts.values()];
  const count = all.reduce((sum, { entries }) => sum + entries.length, 0);
  const share = shareOf(all.map(({ weight }) => weight).reduce(sumOf, NOTHING));
  const room = (parts.size - 1) / SPARE;
  if (parts.size < 2 || count > room * limits.atMost || share > room) return false;
  const candidates = [...parts]
    .filter(([name]) => name !== base)
    .sort(([a, { entries: x }], [b, { entries: y }]) => x.length - y.length || inOrder(b, a));
  for (const [name] of candidates) {
    const others = spread(name, parts, limits);
    if (others === undefined) continue;
    parts.clear();
    for (const [other, part] of others) parts.set(other, part);
    return true;
  }
  return false;
}

/** The other parts with what is in this one; undefined where it doesn't fit in. */
function spread(name: string, parts: ReadonlyMap<string, Part>, limits: Limits): ReadonlyMap<string, Part> | undefined {
  const others = new Map(
    [...parts].filter(([other]) => other !== name).map(([other, { entries }]) => [other, new Part(limits, entries)]),
  );
  for (const entry of parts.get(name)?.entries ?? []) {
    const part = firstWithRoom(others, entry);
    if (part === undefined) return undefined;
    part.add(entry);
  }
  return others;
}

function firstWithRoom(parts: ReadonlyMap<string, Part>, entry: MirrorEntry): Part | undefined {
  let first: [string, Part] | undefined;
  for (const [name, part] of parts) {
    if (part.hasRoomFor(entry) && (first === undefined || inOrder(name, first[0]) < 0)) first = [name, part];
  }
  return first?.[1];
}

function partOf(parts: Map<string, Part>, name: string, limits: Limits): Part {
  const part = parts.get(name) ?? new Part(limits);
  parts.set(name, part);
  return part;
}

function freeName(base: string, parts: ReadonlyMap<string, Part>): string {
  if (!parts.has(base)) return base;
  let number = 2;
  while (parts.has(partName(base, number))) number += 1;
  return partName(base, number);
}

/** The base first, then by number. */
function inOrder(a: string, b: string): number {
  return a.length - b.length || compare(a, b);
}
