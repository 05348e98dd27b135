import { re2Literal } from '../syntax/escape.js';
import { inLines } from '../syntax/lines.js';

/** How long such a pattern may be, in characters: with what stands around it, a line of the policy then stays below 160. */
const LINE = 110;

/** RE2 patterns for all of these names and globs together: one, or a few that are no longer than a line. */
export function namePatterns(globs: readonly string[]): readonly string[] {
  const patterns = globs.map((glob) => glob.split('*').map(re2Literal).join('.*'));
  return inLines(patterns, (some) => some.join('|').length <= LINE).map((line) => `^(${line.join('|')})$`);
}
