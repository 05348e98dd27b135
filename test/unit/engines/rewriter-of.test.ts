import { expect } from 'chai';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { rewriterOf } from '../../../src/engines/placement/rewriter-of.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { mirror } from './entries.js';

describe('the rewrite of mirrors that are more than one policy takes', () => {
  const names = Array.from({ length: MIRRORS_PER_POLICY.ClusterPolicy + 1 }, (_, i) => `m${1000 + i}`);
  const settings = { ...DEFAULT_SETTINGS, engine: 'ClusterPolicy' } as const;
  const rewrite = rewriterOf(names.map((name) => ({ entry: mirror(name), settings })));
  const prefixed = (name: string): string => `m1000.io/harbor.example.org/${name}/app`;

  it('leaves alone what has the pull prefix of a mirror in the same policy', () => {
    expect(rewrite(prefixed('m1001'))).to.include({ outcome: 'leftAlone', why: 'PrefixedAlready' });
  });

  it('puts a prefix in front of one that only another policy knows', () => {
    const { outcome, image } = rewrite(prefixed('m1100'));
    expect(outcome).to.equal('rewritten');
    expect(image).to.equal('harbor.example.org/m1000/harbor.example.org/m1100/app');
  });
});
