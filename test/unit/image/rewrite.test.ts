import { expect } from 'chai';
import fc from 'fast-check';

import { rewrite, rewriter } from '../../../src/image/rewrite.js';
import type { MirrorRule } from '../../../src/image/rules.js';
import { goldenCases, goldenEntries, repositoryCases, repositoryEntries } from '../../integration/policy/golden.js';

const rule = (mirror: string, include: readonly string[], exclude: readonly string[] = []): MirrorRule => ({
  mirror,
  hosts: ['quay.io'],
  pullPrefix: `harbor.test/${mirror}`,
  include,
  exclude,
});

describe('rewriting an image name', () => {
  const golden = rewriter(goldenEntries);
  for (const { image, expected } of goldenCases) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(image)}`, () => {
      expect(golden(image).image).to.equal(expected);
    });
  }

  const repositories = rewriter(repositoryEntries);
  for (const { image, expected } of repositoryCases) {
    it(`sends ${JSON.stringify(image)} to ${JSON.stringify(expected)} where globs decide`, () => {
      expect(repositories(image).image).to.equal(expected);
    });
  }

  it('says which mirror took an image, and why none did', () => {
    const rules = [rule('a', ['x/**'], ['x/y'])];
    expect(rewriter(rules)('quay.io/x/z:1')).to.deep.include({ outcome: 'rewritten', mirror: 'a' });
    expect(rewriter(rules)('quay.io/x/y:1')).to.deep.include({ outcome: 'otherRepository', mirrors: ['a'] });
    expect(rewriter(rules)('ghcr.io/x/y:1')).to.deep.include({ outcome: 'otherHost' });
    expect(rewriter(rules)('quay.io/x/y z')).to.deep.include({ outcome: 'invalid' });
  });

  it('decides between equally specific mirrors by name, whatever their order', () => {
    const rules = [rule('b', ['x/*']), rule('a', ['x/**'])];
    expect(rewrite('quay.io/x/y', rules)).to.equal('harbor.test/a/x/y');
    expect(rewrite('quay.io/x/y', rules.toReversed())).to.equal('harbor.test/a/x/y');
  });

  it('changes nothing when run twice, and never throws', () => {
    const host = fc.constantFrom(
      '',
      'docker.io/',
      'index.docker.io/',
      'quay.io/',
      'QUAY.io/',
      'localhost:5000/',
      'x.test/',
    );
    const name = fc.string({ unit: fc.constantFrom(...Array.from('abc019._-/:@')) });
    fc.assert(
      fc.property(host, fc.oneof(name, fc.string()), (prefix, rest) => {
        const once = golden(`${prefix}${rest}`).image;
        expect(golden(once).image).to.equal(once);
      }),
      { numRuns: 3000 },
    );
  });
});
