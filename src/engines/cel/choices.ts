import { literalPrefix } from '../../image/glob.js';
import { celString, re2Literal } from '../syntax/escape.js';
import { globBody } from '../syntax/glob-pattern.js';
import type { HostRule, Outcome } from '../placement/precedence.js';
import { celList, celPattern } from './literals.js';

/** What no pull prefix is: the image stays. */
export const LEAVE_ALONE = '"-"';

/**
 * The choices for the paths of some hosts, as CEL on `r`, host and path of an image with a slash behind it: each gives a pull prefix, and an empty
 * text where it doesn't cover the image. Most globs are a path, or one with all below it: these need no regular expression.
 */
export function choicesOf({ hosts, outcomes }: HostRule): readonly string[] {
  const [only = '', ...more] = hosts;
  return outcomes.map((outcome) =>
    more.length === 0
      ? choice(outcome, (rest) => celString(`${only}/${rest}`), re2Literal(only))
      : choice(outcome, (rest) => `h + ${celString(`/${rest}`)}`, '[^/]+', celList(hosts, '  ')),
  );
}

/** @param text - CEL of a repository, by what follows the host and its slash */
function choice(
  { pullPrefix, include, exclude }: Outcome,
  text: (rest: string) => string,
  host: string,
  hosts?: string,
): string {
  const included = include.length === 0 ? [`r.startsWith(${text('')})`] : covers(include, text, host, begins);
  const conditions = [
    // The patterns leave open which of several hosts it is.
    ...(hosts !== undefined ? [`r.startsWith(${text('')})`] : []),
    included.length === 1 ? (included[0] ?? '') : `(${included.join(OR)})`,
    ...(exclude.length === 0 ? [] : [`!(${covers(exclude, text, host).join(OR)})`]),
  ];
  const condition = conditions.join(' &&\n    ');
  const covered = hosts === undefined ? condition : `${hosts}.exists(h, ${condition})`;
  return `${covered}\n    ? ${pullPrefix === undefined ? LEAVE_ALONE : celString(pullPrefix)} : ""`;
}

const OR = ' ||\n      ';

/** The beginning is looked at first, since a pattern costs ten times as much, and most are of other paths: a policy may have hundreds. */
function begins(glob: string, text: (rest: string) => string): string {
  return `r.startsWith(${text(literalPrefix(glob))}) && `;
}

/**
 * Conditions of which one holds where any of the globs covers the repository.
 *
 * @param before - what is asked before the pattern of a glob
 */
function covers(
  globs: readonly string[],
  text: (rest: string) => string,
  host: string,
  before: typeof begins = () => '',
): readonly string[] {
  const paths = globs.filter(isPath).map((glob) => `r == ${text(`${glob}/`)}`);
  const trees = globs.filter(isTree).map((glob) => `r.startsWith(${text(glob.slice(0, -2))})`);
  const others = globs
    .filter((glob) => !isPath(glob) && !isTree(glob))
    .map((glob) => `${before(glob, text)}r.matches(${celPattern(`^${host}/${globBody(glob)}/$`)})`);
  return [...paths, ...trees, ...others];
}

function isPath(glob: string): boolean {
  return !/[*?]/.test(glob);
}

/** A path with all below it: `a/**`, which covers `a`, too. */
function isTree(glob: string): boolean {
  return glob.endsWith('/**') && isPath(glob.slice(0, -3));
}
