import { re2Literal } from '../syntax/escape.js';

/** What is told in one line, in characters. */
const LINE = 110;

/** RE2 patterns for all of these names and globs together: one, or a few that are no longer than a line. */
export function namePatterns(globs: readonly string[]): readonly string[] {
  const lines: string[][] = [];
  for (const each of globs.map((glob) => glob.split('*').map(re2Literal).join('.*'))) {
    const last = lines.at(-1);
    if (last !== undefined && [...last, each].join('|').length <= LINE) last.push(each);
    else lines.push([each]);
  }
  return lines.map((line) => `^(${line.join('|')})$`);
}
