import { expect } from 'chai';
import fc from 'fast-check';

import { literalPrefix, matchesGlob } from '../../../src/image/glob.js';
import { globPattern } from '../../../src/engines/syntax/glob-pattern.js';

const table: readonly [string, string, boolean][] = [
  ['library/nginx', 'library/nginx', true],
  ['library/nginx', 'library/nginxx', false],
  ['library/*', 'library/nginx', true],
  ['library/*', 'library/a/b', false],
  ['library/*', 'library', false],
  ['library/**', 'library/a/b/c', true],
  ['library/**', 'library', true],
  ['library/**', 'libraryx/a', false],
  ['**', 'a/b/c', true],
  ['**/c', 'c', true],
  ['**/c', 'a/b/c', true],
  ['**/c', 'a/b/xc', false],
  ['a/**/c', 'a/c', true],
  ['a/**/c', 'a/b/b/c', true],
  ['a/**/**/c', 'a/c', true],
  ['a/**/c/**', 'a/x/c/y/z', true],
  ['a**b', 'axxb', true],
  ['a**b', 'a/b', false],
  ['a.b', 'axb', false],
  ['v?', 'v1', true],
  ['v?', 'v', false],
  ['*a*b*', 'xaxbx', true],
  ['*a*b*', 'xbxax', false],
];

describe('a glob on a repository', () => {
  for (const [glob, path, matches] of table) {
    it(`${glob} ${matches ? 'covers' : 'does not cover'} ${path}`, () => {
      expect(matchesGlob(glob, path)).to.equal(matches);
    });
  }

  it('is the same decision as its regular expression', () => {
    const text = (units: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...Array.from(units)), minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(text('ab/*?'), text('ab/'), (glob, path) => {
        fc.pre(!path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && !glob.includes('//'));
        fc.pre(!glob.startsWith('/') && !glob.endsWith('/'));
        // RE2's \x{…} is \u{…} here.
        const pattern = new RegExp((globPattern([glob]) ?? '').replaceAll('\\x{', '\\u{'), 'u');
        expect(pattern.test(path), `${glob} on ${path}`).to.equal(matchesGlob(glob, path));
      }),
      { numRuns: 5000 },
    );
  });

  it('is more specific the longer its literal prefix is', () => {
    expect(literalPrefix('library/nginx')).to.equal('library/nginx');
    expect(literalPrefix('library/*')).to.equal('library/');
    expect(literalPrefix('a?c')).to.equal('a');
    expect(literalPrefix('**')).to.equal('');
  });
});
