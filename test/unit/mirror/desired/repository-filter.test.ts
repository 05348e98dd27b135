import { expect } from 'chai';
import fc from 'fast-check';
import { matchesGlob } from '../../../../src/image/glob.js';
import { compareFilter, filterPattern } from '../../../../src/mirror/desired/repository-filter.js';

const segment = fc.constantFrom('**', '*', 'a', 'b', 'a*', '*b', 'a.b', 'a*b');
const glob = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a.b', 'axb', 'c'), { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'));

/** As Harbor does: it sets the anchors itself. */
const lets = (pattern: string | undefined, repository: string): boolean =>
  pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(repository);

describe('the filter for a project', () => {
  const patterns: readonly [readonly string[] | undefined, string][] = [
    [undefined, '.*'],
    [['library/**'], 'library(/.*)?'],
    [['library/nginx'], 'library/nginx'],
    [['bitnami/redis*'], 'bitnami/redis[^/]*'],
    [['**/nginx'], '(.*/)?nginx'],
    [['a/**/b.c'], 'a(/.*)?/b\\.c'],
    [['library/**', 'bitnami/*'], 'library(/.*)?|bitnami/[^/]*'],
  ];
  for (const [include, expected] of patterns) {
    it(`is ${expected} for ${include?.join(', ') ?? 'everything'}`, () => {
      expect(filterPattern(include)).to.equal(expected);
    });
  }

  it('lets through what the globs include, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(glob, { minLength: 1, maxLength: 3 }), path, (globs, repository) => {
        const includes = globs.some((one) => matchesGlob(one, repository));
        expect(lets(filterPattern(globs), repository)).to.equal(includes);
      }),
    );
  });

  it('is none where the pattern would be longer than Harbor keeps', () => {
    const globs = Array.from({ length: 26 }, (_, i) => `team-${'a'.repeat(4)}${String.fromCodePoint(97 + i)}`);
    expect(filterPattern(globs.slice(0, 23))).to.be.a('string');
    expect(filterPattern(globs)).to.equal(undefined);
  });
});

describe('a filter that is in Harbor', () => {
  const cases: readonly [string, string | undefined, readonly string[] | undefined, string][] = [
    ['', undefined, undefined, 'letsAllThrough'],
    ['   ', 'regex', undefined, 'letsAllThrough'],
    ['**', 'doublestar', undefined, 'letsAllThrough'],
    ['library/**', 'doublestar', ['library/**'], 'letsAllThrough'],
    ['library/**', '', ['library/nginx', 'library/a/**'], 'letsAllThrough'],
    ['library/**', 'doublestar', undefined, 'narrower'],
    ['library/*', 'doublestar', ['library/**'], 'narrower'],
    ['library/n*', 'doublestar', ['library/*'], 'narrower'],
    ['library/**', 'doublestar', ['library/**', 'bitnami/redis'], 'narrower'],
    ['library/{a,b}', 'doublestar', ['library/a'], 'unknown'],
    ['library(/.*)?', 'regex', ['library/**'], 'letsAllThrough'],
    ['(a+)+$', 'regex', ['library/**'], 'unknown'],
  ];
  for (const [pattern, kind, include, expected] of cases) {
    it(`${JSON.stringify(pattern)} (${kind ?? 'no kind'}) is ${expected} for ${include?.join(', ') ?? 'everything'}`, () => {
      expect(compareFilter(pattern, kind, include).kind).to.equal(expected);
    });
  }

  it('tells a repository that it leaves out', () => {
    expect(compareFilter('library/**', 'doublestar', ['library/**', 'bitnami/redis'])).to.deep.equal({
      kind: 'narrower',
      example: 'bitnami/redis',
    });
  });
});
