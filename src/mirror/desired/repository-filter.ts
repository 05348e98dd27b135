import { re2Literal } from '../../engines/syntax/escape.js';
import { matchesGlob } from '../../image/glob.js';

/** A regular expression that Harbor anchors itself. Harbor's doublestar has no list of globs in which each means what it means alone. */
export const FILTER_KIND = 'regex';
/** The column of Harbor's database that keeps a filter. */
export const FILTER_LENGTH = 255;

const ALL = ['**'];

/**
 * The one pattern that lets through what these globs include; undefined where it is too long for Harbor.
 *
 * @param include - globs; left out: everything
 */
export function filterPattern(include: readonly string[] = ALL): string | undefined {
  const pattern = patternOf(include);
  return pattern.length > FILTER_LENGTH ? undefined : pattern;
}

/** How a filter that Harbor has compares with what a mirror sends Pods there for. */
type FilterComparison =
  | { readonly kind: 'letsAllThrough' }
  /** It leaves this repository out. */
  | { readonly kind: 'narrower'; readonly example: string }
  /** It can't be told: somebody else's regular expression is not evaluated here. */
  | { readonly kind: 'unknown' };

const LETS_ALL_THROUGH: FilterComparison = { kind: 'letsAllThrough' };

/** Compares a filter of Harbor's, as it stands in a project, with the globs that a mirror includes. */
export function compareFilter(
  pattern: string,
  filterKind: string | undefined,
  include: readonly string[] = ALL,
): FilterComparison {
  const filter = pattern.trim();
  if (filter === '') return LETS_ALL_THROUGH;
  if (filterKind === FILTER_KIND) return filter === patternOf(include) ? LETS_ALL_THROUGH : { kind: 'unknown' };
  // Classes, alternatives and escapes are more than a mirror's own globs have.
  if (/[\\[\]{}]/.test(filter)) return { kind: 'unknown' };
  const example = include.flatMap(examplesOf).find((path) => !matchesGlob(filter, path));
  return example === undefined ? LETS_ALL_THROUGH : { kind: 'narrower', example };
}

/** Repositories that a glob includes and that nobody had in mind: a filter that lets these through lets all through. */
function examplesOf(glob: string): readonly string[] {
  const lengths = [[], ['any-team'], ['any-team', 'any-group']];
  const paths = lengths.map((between) =>
    glob
      .split('/')
      .flatMap((segment) => (segment === '**' ? between : [segment.replaceAll('*', 'any')]))
      .join('/'),
  );
  return [...new Set(paths)].filter((path) => path !== '');
}

/** Short and plain, unlike the patterns of policies: people read it in Harbor, and it has to fit. */
function patternOf(globs: readonly string[]): string {
  return globs.map(alternativeOf).join('|');
}

function alternativeOf(glob: string): string {
  const segments = glob.split('/');
  let pattern = '';
  // A leading ** takes the slash behind it along.
  let needsSlash = false;
  segments.forEach((segment, index) => {
    if (segment !== '**') {
      pattern += (needsSlash ? '/' : '') + Array.from(segment).map(characterOf).join('');
      needsSlash = true;
    } else if (needsSlash) {
      pattern += '(/.*)?';
    } else {
      pattern += index === segments.length - 1 ? '.*' : '(.*/)?';
    }
  });
  return pattern;
}

function characterOf(character: string): string {
  if (character === '*') return '[^/]*';
  return character === '.' ? '\\.' : re2Literal(character);
}
