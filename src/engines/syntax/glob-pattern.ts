import { re2Literal } from './escape.js';

/**
 * One anchored RE2 pattern for all of these globs on a repository's path, or undefined where there are none: what `matchesGlob`
 * of src/image/glob.ts decides for each.
 */
export function globPattern(globs: readonly string[]): string | undefined {
  return globs.length === 0 ? undefined : `^(?:${globs.map(globBody).join('|')})$`;
}

/** The pattern of one glob, without its bounds. It has no alternatives that would need brackets. */
export function globBody(glob: string): string {
  const segments = glob.split('/');
  let pattern = '';
  // Whether the next segment still needs a slash in front: the first one doesn't, nor one whose slash a leading ** took along.
  let needsSlash = false;
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment !== '**') {
      pattern += (needsSlash ? '/' : '') + segmentPattern(segment);
      needsSlash = true;
    } else if (needsSlash) {
      pattern += '(?:/[^/]*)*';
    } else if (isLast) {
      pattern += '.*';
    } else {
      pattern += '(?:[^/]*/)*';
    }
  });
  return pattern;
}

function segmentPattern(segment: string): string {
  return Array.from(segment)
    .map((c) => (c === '*' ? '[^/]*' : c === '?' ? '[^/]' : re2Literal(c)))
    .join('');
}
