import { literalPrefix } from './glob.js';

/** What one mirror takes over: repositories of these hosts, to be pulled below this prefix. */
export interface MirrorRule {
  /** The mirror's name. */
  readonly mirror: string;
  /** Registry hosts, `host[:port]`, as an image reference's domain has them; Docker Hub is `docker.io`. */
  readonly hosts: readonly string[];
  /** `host[:port]/project`, to be put in front of the repository's path. */
  readonly pullPrefix: string;
  /** Globs on the path; none means all. */
  readonly include: readonly string[];
  /** Globs on the path that are left alone although included. */
  readonly exclude: readonly string[];
}

/** One step of the decision for one host: the first choice that covers a path decides. */
export interface Choice {
  readonly mirror: string;
  readonly pullPrefix: string;
  /** Undefined: every path. */
  readonly include: string | undefined;
  readonly exclude: readonly string[];
}

/**
 * The order of precedence, for the pure rewrite and for every engine: per host, the longest literal prefix of an include glob
 * first; equally long ones by the mirror's name, then by the glob. Hosts are sorted, so that equal input gives equal output.
 */
export function choicesByHost(rules: readonly MirrorRule[]): ReadonlyMap<string, readonly Choice[]> {
  const byHost = Map.groupBy(
    rules.flatMap((rule) => rule.hosts.map((host) => ({ host, rule }))),
    ({ host }) => host,
  );
  const hosts = [...byHost].sort(([a], [b]) => compare(a, b));
  return new Map(
    hosts.map(([host, pairs]) => [host, pairs.flatMap(({ rule }) => choices(rule)).sort(byPrecedence)] as const),
  );
}

/** Which of two choices for the same host is asked first. */
export function byPrecedence(a: Choice, b: Choice): number {
  return (
    literalLength(b.include) - literalLength(a.include) ||
    compare(a.mirror, b.mirror) ||
    compare(a.include ?? '', b.include ?? '')
  );
}

function choices({ mirror, pullPrefix, include, exclude }: MirrorRule): readonly Choice[] {
  return (include.length === 0 ? [undefined] : include).map((glob) => ({ mirror, pullPrefix, include: glob, exclude }));
}

function literalLength(glob: string | undefined): number {
  return glob === undefined ? 0 : literalPrefix(glob).length;
}

/** By code unit, whatever the locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
