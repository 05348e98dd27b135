import { literalPrefix } from '../../image/glob.js';
import { byPrecedence, choicesByHost, type Choice } from '../../image/rules.js';
import type { MirrorEntry } from '../entry.js';

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

/** Gives the rules of one policy, by its mirrors, among all that are in force together. */
export type Precedence = (own: readonly MirrorEntry[]) => readonly HostRule[];

/**
 * The precedence among the mirrors of all policies. Policies don't know of each other and run in no order to rely on, so each one carries
 * the outcomes of the others that precede its own on the same host, and may cover the same paths.
 *
 * @param all - the mirrors of all policies
 */
export function precedence(all: readonly MirrorEntry[]): Precedence {
  const byHost = choicesByHost(all);
  return (own) => {
    const mirrors = new Set(own.map(({ mirror }) => mirror));
    const rules = [...choicesByHost(own)].map(([host, choices]) => {
      // A mirror that moves is in two policies for a while, perhaps not with the same entry: each goes by its own.
      const others = (byHost.get(host) ?? []).filter(({ mirror }) => !mirrors.has(mirror));
      return { host, outcomes: outcomes(choices, others, mirrors) };
    });
    return [...Map.groupBy(rules, (rule) => JSON.stringify(rule.outcomes)).values()].map((alike) => ({
      hosts: alike.map(({ host }) => host),
      outcomes: alike[0]?.outcomes ?? [],
    }));
  };
}

function outcomes(own: readonly Choice[], others: readonly Choice[], mirrors: ReadonlySet<string>): readonly Outcome[] {
  const all = [...own, ...others].sort(byPrecedence);
  const lastByBeginning = new Map<string, number>();
  all.forEach(({ mirror, include }, position) => {
    if (mirrors.has(mirror)) lastByBeginning.set(beginning(include), position);
  });
  const firstOfAll = all.findIndex(({ include, exclude }) => include === undefined && exclude.length === 0);
  const end = firstOfAll < 0 ? all.length : firstOfAll + 1;
  const single: Outcome[] = [];
  all.slice(0, end).forEach(({ mirror, pullPrefix, include, exclude }, position) => {
    const isOwn = mirrors.has(mirror);
    if (!isOwn && !mayCoverBefore(include, position, lastByBeginning)) return;
    const covered = { include: include === undefined ? [] : [include], exclude };
    single.push({ pullPrefix: isOwn ? pullPrefix : undefined, ...covered });
  });
  return joined(single);
}

/** Whether another's choice at this position may take paths from one of ours behind it: then one begins as the other does. */
function mayCoverBefore(include: string | undefined, position: number, own: ReadonlyMap<string, number>): boolean {
  const text = beginning(include);
  for (let length = 0; length <= text.length; length += 1) {
    if ((own.get(text.slice(0, length)) ?? -1) > position) return true;
  }
  // Of ours behind it, only a whole path is as long as this one and a slash.
  return (own.get(`${text}/`) ?? -1) > position;
}

/** How all paths begin that a glob covers, with a slash behind each path: `a/**` covers `a`, too, and not `ab`. */
function beginning(glob: string | undefined): string {
  if (glob === undefined) return '';
  const literal = literalPrefix(glob);
  return literal === glob ? `${glob}/` : literal;
}

/** Neighbours that differ in their globs only are one outcome: else a mirror's excludes stood there once for each include. */
function joined(single: readonly Outcome[]): readonly Outcome[] {
  const result: { pullPrefix: string | undefined; include: string[]; exclude: readonly string[] }[] = [];
  for (const { pullPrefix, include, exclude } of single) {
    const last = result.at(-1);
    const isAlike =
      last !== undefined &&
      last.pullPrefix === pullPrefix &&
      last.include.length > 0 &&
      include.length > 0 &&
      last.exclude.join() === exclude.join();
    if (isAlike) last.include.push(...include);
    else result.push({ pullPrefix, include: [...include], exclude });
  }
  return result.map((outcome) => ({ ...outcome, exclude: withEffect(outcome) }));
}

/** The excludes that can cover any path that the includes cover. Where a mirror's includes stand apart, each has only its own, and not those of all. */
export function withEffect({ include, exclude }: Pick<Outcome, 'include' | 'exclude'>): readonly string[] {
  const beginnings = include.length === 0 ? [''] : include.map(beginning);
  return exclude.filter((glob) => {
    const excluded = beginning(glob);
    return beginnings.some((included) => included.startsWith(excluded) || excluded.startsWith(included));
  });
}

/** The prefix of hosts that go to one mirror whatever the path; undefined where the path decides. */
export function onlyPrefix({ outcomes: [first] }: HostRule): string | undefined {
  return first?.include.length === 0 && first.exclude.length === 0 ? first.pullPrefix : undefined;
}
