import { choicesOf } from '../cel/cel.js';
import { plainJson } from '../syntax/escape.js';
import type { MirrorEntry } from '../entry.js';
import { precedence } from './precedence.js';

/** How much room a mirror's entry takes up in a policy, in characters. */
export interface Weight {
  /** In the annotation that lists the mirrors. */
  readonly annotation: number;
  /** In the longest expression. */
  readonly expression: number;
}

/**
 * What a policy has room for. All annotations of an object have 256 kB, and an expression of the API server's 100,000 characters, of which what other
 * policies' mirrors take on the same hosts needs some, too.
 */
export const ROOM: Weight = { annotation: 200_000, expression: 60_000 };

/** How often the hosts stand in the longest expression: once for each list of images that a Pod has. */
const LISTS = 4;

const WEIGHTS = new WeakMap<MirrorEntry, Weight>();

/** The weight of an entry; worked out once. */
export function weightOf(entry: MirrorEntry): Weight {
  const known = WEIGHTS.get(entry);
  if (known !== undefined) return known;
  const choices = precedence([entry])([entry]).flatMap(choicesOf).join(', ').length;
  const hosts = entry.hosts.reduce((sum, host) => sum + host.length + 1, 0);
  const weight = { annotation: plainJson(entry).length, expression: choices + LISTS * hosts };
  WEIGHTS.set(entry, weight);
  return weight;
}

export function sumOf(a: Weight, b: Weight): Weight {
  return { annotation: a.annotation + b.annotation, expression: a.expression + b.expression };
}

/** Whether a policy has room for this. */
export function fits({ annotation, expression }: Weight): boolean {
  return annotation <= ROOM.annotation && expression <= ROOM.expression;
}
