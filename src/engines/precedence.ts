import { choicesByHost, type Choice } from '../image/rules.js';
import { canonicalJson } from './digest.js';
import type { MirrorEntry } from './entry.js';

/** What a policy does with the repositories of some hosts: the first outcome whose globs cover the path. */
export interface HostRule {
  readonly hosts: readonly string[];
  readonly outcomes: readonly Outcome[];
}

export interface Outcome {
  /** Undefined: the path is another policy's, so this one leaves it alone. */
  readonly pullPrefix: string | undefined;
  /** None: every path. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * The rules of one policy among all that are in force together. Policies don't know of each other and run in no order to rely
 * on, so each one carries the outcomes of the others that precede its own on the same host.
 *
 * @param own the policy's mirrors.
 * @param all the mirrors of all policies, these included.
 */
export function hostRules(own: readonly MirrorEntry[], all: readonly MirrorEntry[]): readonly HostRule[] {
  const mirrors = new Set(own.map(({ mirror }) => mirror));
  const hosts = new Set(own.flatMap((entry) => entry.hosts));
  // A mirror that moves is in two policies for a while, perhaps not with the same entry: each goes by its own.
  const others = all.filter(({ mirror }) => !mirrors.has(mirror));
  const rules = [...choicesByHost([...own, ...others])]
    .filter(([host]) => hosts.has(host))
    .map(([host, choices]) => ({ host, outcomes: outcomes(choices, mirrors) }));
  return [...Map.groupBy(rules, (rule) => canonicalJson(rule.outcomes)).values()].map((alike) => ({
    hosts: alike.map(({ host }) => host),
    outcomes: alike[0]?.outcomes ?? [],
  }));
}

function outcomes(choices: readonly Choice[], own: ReadonlySet<string>): readonly Outcome[] {
  const lastOwn = choices.findLastIndex(({ mirror }) => own.has(mirror));
  const firstOfAll = choices.findIndex(({ include, exclude }) => include === undefined && exclude.length === 0);
  const end = firstOfAll < 0 ? lastOwn : Math.min(lastOwn, firstOfAll);
  const single = choices.slice(0, end + 1).map(({ mirror, pullPrefix, include, exclude }) => ({
    pullPrefix: own.has(mirror) ? pullPrefix : undefined,
    include: include === undefined ? [] : [include],
    exclude,
  }));
  return single.reduce<readonly Outcome[]>(joined, []);
}

/** Neighbours that differ in their globs only are one outcome: else a mirror's excludes stood there once for each include. */
function joined(before: readonly Outcome[], next: Outcome): readonly Outcome[] {
  const last = before.at(-1);
  if (
    last === undefined ||
    last.pullPrefix !== next.pullPrefix ||
    last.include.length === 0 ||
    next.include.length === 0 ||
    canonicalJson(last.exclude) !== canonicalJson(next.exclude)
  ) {
    return [...before, next];
  }
  return [...before.slice(0, -1), { ...last, include: [...last.include, ...next.include] }];
}

/** The prefix of hosts that go to one mirror whatever the path; undefined where the path decides. */
export function onlyPrefix({ outcomes: [first] }: HostRule): string | undefined {
  return first?.include.length === 0 && first.exclude.length === 0 ? first.pullPrefix : undefined;
}
