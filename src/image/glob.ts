/**
 * Globs on a repository's path, as Harbor and doublestar have them: `*` stands for any characters within one segment, `?` for
 * one of them, a segment `**` for any number of segments, none included. All other characters stand for themselves.
 */
export function matchesGlob(glob: string, path: string): boolean {
  return matchesSequence(glob.split('/'), path.split('/'), (segment) => segment === '**', matchesSegment);
}

/** The characters in front of the first wildcard: what makes one glob more specific than another. */
export function literalPrefix(glob: string): string {
  const wildcard = glob.search(/[*?]/);
  return wildcard < 0 ? glob : glob.slice(0, wildcard);
}

function matchesSegment(pattern: string, segment: string): boolean {
  return matchesSequence(
    Array.from(pattern),
    Array.from(segment),
    (character) => character === '*',
    (character, actual) => character === '?' || character === actual,
  );
}

/**
 * Greedy match that falls back to the last wildcard only: the earlier ones need never take more, so the time is bounded by
 * the product of both lengths.
 */
function matchesSequence(
  pattern: readonly string[],
  items: readonly string[],
  isWildcard: (part: string) => boolean,
  matchesOne: (part: string, item: string) => boolean,
): boolean {
  let p = 0;
  let wildcard = -1;
  let resumeAt = 0;
  let i = 0;
  while (i < items.length) {
    const part = pattern[p];
    if (part !== undefined && isWildcard(part)) {
      wildcard = p++;
      resumeAt = i;
    } else if (part !== undefined && matchesOne(part, items[i] ?? '')) {
      p++;
      i++;
    } else if (wildcard >= 0) {
      p = wildcard + 1;
      i = ++resumeAt;
    } else {
      return false;
    }
  }
  return pattern.slice(p).every(isWildcard);
}
