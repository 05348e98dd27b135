import { choicesOf } from '../cel/choices.js';
import { celString, plainJson } from '../syntax/escape.js';
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
export const ROOM: Weight = { annotation: 200_000, expression: 80_000 };

/** Indentation, quotes and all else that stands around an entry's texts. */
const AROUND = 10;

const WEIGHTS = new WeakMap<MirrorEntry, Weight>();

/** The weight of an entry; worked out once. */
export function weightOf(entry: MirrorEntry): Weight {
  const known = WEIGHTS.get(entry);
  if (known !== undefined) return known;
  const choices = precedence([entry])([entry])
    .flatMap(choicesOf)
    .reduce((sum, choice) => sum + choice.length + AROUND, 0);
  const hosts = entry.hosts.reduce(
    (sum, host) => sum + celString(host).length + celString(entry.pullPrefix).length + AROUND,
    0,
  );
  // A host is either in the map of whole registries or in the step that goes by paths, and these are two expressions.
  const weight = { annotation: plainJson(entry).length, expression: Math.max(choices, hosts) };
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
