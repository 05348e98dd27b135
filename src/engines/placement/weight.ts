import { choicesOf } from '../cel/choices.js';
import { pullSecretItem } from '../cel/pull-secrets.js';
import type { MirrorEntry } from '../entry.js';
import { pullSecretName } from '../pull-secret.js';
import { celString, plainJson } from '../syntax/escape.js';
import { precedence, withEffect, type HostRule } from './precedence.js';

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
 *   hosts. There may be more of that than of a policy's own choices, see {@link BESIDE_OTHERS}.
 */
const ROOM: Weight = { annotation: 180_000, expression: 60_000, pullSecrets: 99_000 };

/** So many times its length a choice weighs where another mirror is on its host: then 40,000 characters of a policy's own leave 60,000 for other policies'. */
const BESIDE_OTHERS = 1.5;

/** Indentation, quotes and all else that stands around an entry's texts. */
const AROUND = 10;
/** The same around an item of a list that is a line of its own. */
const AROUND_ITEM = 5;

/** Gives the weight of a mirror's entry. */
export type Scale = (entry: MirrorEntry) => Weight;

/**
 * A mirror weighs more where another one is on one of its hosts: the choices of both stand there in one order of precedence, so each host of the mirror may need
 * choices of its own, and each of its globs a choice of its own with the excludes that have an effect there. It weighs what these may come to, whichever mirrors are in the same policy.
 *
 * @param all - the mirrors of all policies
 */
export function scaleAmong(all: readonly MirrorEntry[]): Scale {
  const hosts = new Set<string>();
  const shared = new Set<string>();
  for (const host of all.flatMap((entry) => entry.hosts)) (hosts.has(host) ? shared : hosts).add(host);
  return (entry) => {
    const { alone, besideOthers } = weightsOf(entry);
    return entry.hosts.some((host) => shared.has(host)) ? besideOthers : alone;
  };
}

interface Weights {
  readonly alone: Weight;
  readonly besideOthers: Weight;
}

const WEIGHTS = new WeakMap<MirrorEntry, Weights>();

/** What an entry weighs by itself and beside others; worked out once. */
export function weightsOf(entry: MirrorEntry): Weights {
  const known = WEIGHTS.get(entry);
  if (known !== undefined) return known;
  const alone = {
    annotation: plainJson(entry).length,
    expression: hostsLength(entry) + joinedLength(entry),
    pullSecrets: pullSecretItem({ pullPrefix: entry.pullPrefix, name: pullSecretName(entry) }).length + AROUND_ITEM,
  };
  const weights = { alone, besideOthers: { ...alone, expression: Math.max(alone.expression, eachLength(entry)) } };
  WEIGHTS.set(entry, weights);
  return weights;
}

function hostsLength({ hosts, pullPrefix }: MirrorEntry): number {
  return hosts.reduce((sum, host) => sum + celString(host).length + celString(pullPrefix).length + AROUND, 0);
}

/** The choices of a mirror that is alone on its hosts. A whole registry is an entry of a map. */
function joinedLength(entry: MirrorEntry): number {
  if (entry.include.length === 0 && entry.exclude.length === 0) return 0;
  return lengthOf(precedence([entry])([entry]));
}

/**
 * The same where another mirror's choice stands between any two of them. Not more than what gives it a policy of its own, since it counts for whether policies
 * can become fewer, and since hosts, includes and excludes multiply to megabytes.
 */
function eachLength({ hosts, pullPrefix, include, exclude }: MirrorEntry): number {
  const globs = include.length === 0 ? [[]] : include.map((glob) => [glob]);
  let length = 0;
  for (const host of hosts) {
    for (const each of globs) {
      const outcome = { pullPrefix, include: each, exclude: withEffect({ include: each, exclude }) };
      length += BESIDE_OTHERS * lengthOf([{ hosts: [host], outcomes: [outcome] }]);
      if (length >= ROOM.expression) return ROOM.expression;
    }
  }
  return Math.ceil(length);
}

function lengthOf(rules: readonly HostRule[]): number {
  return rules.flatMap(choicesOf).reduce((sum, choice) => sum + choice.length + AROUND, 0);
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
