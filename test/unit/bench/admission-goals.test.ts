import { expect } from 'chai';
import { comparedWith } from '../../bench/admission/goals.js';
import { outcomes } from '../../bench/admission/report.js';
import { BY_HAND } from '../../bench/admission/subject.js';
import type { Measured } from '../../bench/admission/subject.js';

const RATIO = { ms: 30, otherMs: 10, ratio: 3 };

/** One mirror with a ClusterPolicy, so many times as slow as the policy made by hand. */
function one(ratio: number): Measured {
  const against = { ms: 10 * ratio, otherMs: 10, ratio };
  return { what: 'ClusterPolicy', mirrors: 1, perPolicy: 100, uses: RATIO, usesNone: RATIO, against };
}

describe('the goals of the benchmark of admission', () => {
  it('go by the median of what was compared in turn, and show each round', () => {
    expect(outcomes([[one(1.2)], [one(0.9)], [one(1)]])).to.deep.equal([
      {
        goal: 'ClusterPolicy: a Pod with a mirrored image, 1 mirror, as a multiple of the policy made by hand',
        atMost: 1,
        found: 1,
        reached: true,
        rounds: [1.2, 0.9, 1],
      },
    ]);
  });

  it('are missed by what is above them', () => {
    expect(outcomes([[one(1.2)], [one(0.9)], [one(1.01)]])[0]).to.include({ found: 1.01, reached: false });
  });

  it('compare twenty mirrors with twenty policies made by hand, and what is made by hand with nothing', () => {
    const byHand = { what: BY_HAND, mirrors: 20, perPolicy: 1 } as const;
    expect(comparedWith({ what: 'ClusterPolicy', mirrors: 20, perPolicy: 100 })).to.deep.equal(byHand);
    expect(comparedWith(byHand)).to.equal(undefined);
  });
});
