import { choicesOf } from '../cel/choices.js';
import { pullSecretItem } from '../cel/pull-secrets.js';
import type { MirrorEntry } from '../entry.js';
import { pullSecretName } from '../pull-secret.js';
import { celString, plainJson } from '../syntax/escape.js';
import { precedence } from './precedence.js';

/** How much room a mirror's entry takes up in a policy, in characters. */
export interface Weight {
  /** In the annotation that lists the mirrors. */
  readonly annotation: number;
  /** In the expressions that say where images are pulled from. */
  readonly expression: number;
  /** In the one that lists the pull Secrets, whether there are any or not. */
  readonly pullSecrets: number;
}

export const NOTHING: Weight = { annotation: 0, expression: 0, pullSecrets: 0 };

/**
 * What a policy has room for, of whatever engine: a mirror weighs what it takes in CEL, whose expressions have a limit.
 *
 * - All annotations of an object may have 256 KiB. A long entry takes more of that than is weighed, since it stands on several lines.
 * - An expression may have 100,000 characters. Those that say where images are pulled from need some of them for what isn't weighed: what other policies' mirrors take on the same
 *   hosts, and a whole registry of which other mirrors take some repositories.
 */
const ROOM: Weight = { annotation: 180_000, expression: 60_000, pullSecrets: 99_000 };

/** Indentation, quotes and all else that stands around an entry's texts. */
const AROUND = 10;
/** The same around an item of a list that is a line of its own. */
const AROUND_ITEM = 5;

const WEIGHTS = new WeakMap<MirrorEntry, Weight>();

/** The weight of an entry; worked out once. */
export function weightOf(entry: MirrorEntry): Weight {
  const known = WEIGHTS.get(entry);
  if (known !== undefined) return known;
  const weight = {
    annotation: plainJson(entry).length,
    expression: hostsLength(entry) + choicesLength(entry),
    pullSecrets: pullSecretItem({ pullPrefix: entry.pullPrefix, name: pullSecretName(entry) }).length + AROUND_ITEM,
  };
  WEIGHTS.set(entry, weight);
  return weight;
}

function hostsLength({ hosts, pullPrefix }: MirrorEntry): number {
  return hosts.reduce((sum, host) => sum + celString(host).length + celString(pullPrefix).length + AROUND, 0);
}

/** A whole registry is an entry of a map. */
function choicesLength(entry: MirrorEntry): number {
  if (entry.include.length === 0 && entry.exclude.length === 0) return 0;
  return precedence([entry])([entry])
    .flatMap(choicesOf)
    .reduce((sum, choice) => sum + choice.length + AROUND, 0);
}

export function sumOf(a: Weight, b: Weight): Weight {
  return {
    annotation: a.annotation + b.annotation,
    expression: a.expression + b.expression,
    pullSecrets: a.pullSecrets + b.pullSecrets,
  };
}

/** The share of a policy's room that this takes up, where it takes up most: above 1, the policy has no room for it. */
export function shareOf({ annotation, expression, pullSecrets }: Weight): number {
  return Math.max(annotation / ROOM.annotation, expression / ROOM.expression, pullSecrets / ROOM.pullSecrets);
}
