import { choicesByHost, type Choice } from '../image/rules.js';
import type { MirrorEntry } from './entry.js';

/** What a policy does with the repositories of one host: the first outcome whose globs cover the path. */
export interface HostRule {
  readonly host: string;
  readonly outcomes: readonly Outcome[];
}

export interface Outcome {
  /** Undefined: the path is another policy's, so this one leaves it alone. */
  readonly pullPrefix: string | undefined;
  readonly include: string | undefined;
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
  return [...choicesByHost([...own, ...others])]
    .filter(([host]) => hosts.has(host))
    .map(([host, choices]) => ({ host, outcomes: outcomes(choices, mirrors) }));
}

function outcomes(choices: readonly Choice[], own: ReadonlySet<string>): readonly Outcome[] {
  const lastOwn = choices.findLastIndex(({ mirror }) => own.has(mirror));
  const firstOfAll = choices.findIndex(({ include, exclude }) => include === undefined && exclude.length === 0);
  const end = firstOfAll < 0 ? lastOwn : Math.min(lastOwn, firstOfAll);
  return choices.slice(0, end + 1).map(({ mirror, pullPrefix, include, exclude }) => ({
    pullPrefix: own.has(mirror) ? pullPrefix : undefined,
    include,
    exclude,
  }));
}

/** The prefix of a host that goes to one mirror whatever the path; undefined where the path decides. */
export function onlyPrefix({ outcomes: [first] }: HostRule): string | undefined {
  return first?.include === undefined && first?.exclude.length === 0 ? first.pullPrefix : undefined;
}
