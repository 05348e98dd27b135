/**
 * What Kyverno takes for a use of a variable wherever it stands as a word in an expression, within a text too: its own variable of a Pod's images, and the steps of
 * our rules. It would evaluate a step before those that the step needs, and refuse the Pod; and it parses the images with a stricter grammar than ours.
 */
export const WORDS = [
  'images',
  ...['found', 'named', 'mirrors', 'covered', 'prefixes', 'rewrites', 'patch'],
  ...['notes', 'noted', 'originals'],
  ...['secrets', 'names', 'needed', 'present', 'added', 'earlier', 'foreign', 'unavailable'],
  ...['listed', 'byName', 'old', 'oldNames'],
  ...['manager', 'shares', 'isApplied', 'before', 'wanted', 'others', 'kept'],
] as const;

/** As Kyverno tells a word: what stands before it, and its first character. */
const WORD = new RegExp(`(^|[^.0-9A-Za-z])(?=(?:${WORDS.join('|')})\\b)(.)`, 'g');

/** Whether a text has such a word in it. */
export function hasWord(text: string): boolean {
  return text.search(WORD) >= 0;
}

/** The same RE2 pattern without such a word: each begins with a class of its first character. */
export function withoutWords(pattern: string): string {
  return pattern.replace(WORD, '$1[$2]');
}
