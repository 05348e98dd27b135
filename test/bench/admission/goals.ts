import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { ENGINES } from '../scale/options.js';
import { BY_HAND } from './subject.js';
import type { Subject } from './subject.js';

/** Medians, as multiples of no policy at all. */
interface Cost {
  /** Of a Pod with one mirrored image. */
  readonly uses: number;
  /** Of a Pod without any. */
  readonly usesNone: number;
}

/** What one round found. */
export type Round = (subject: Subject) => Cost;

export interface Goal {
  readonly sentence: string;
  readonly atMost: number;
  /** What has to be measured for it. */
  readonly of: readonly Subject[];
  readonly value: (round: Round) => number;
}

const USES = 'a Pod with a mirrored image';
const USES_NONE = 'a Pod without a mirrored image';

function ours(what: Subject['what'], mirrors: number, perPolicy = MIRRORS_PER_POLICY): Subject {
  return { what, mirrors, perPolicy };
}

function uses(subject: Subject, than: Subject, words: string, atMost: number): Goal {
  return {
    sentence: `${subject.what}: ${USES}, ${words}`,
    atMost,
    of: [subject, than],
    value: (round) => round(subject).uses / round(than).uses,
  };
}

/** What the policies may cost at admission; the median of the rounds counts. */
export const GOALS: readonly Goal[] = [
  uses(ours('ClusterPolicy', 1), ours(BY_HAND, 1), '1 mirror, as a multiple of the policy made by hand', 1.0),
  uses(ours('ClusterPolicy', 20), ours(BY_HAND, 20), '20 mirrors, as a multiple of twenty policies made by hand', 0.6),
  uses(ours('ClusterPolicy', 100), ours('ClusterPolicy', 1), '100 mirrors, as a multiple of 1 mirror', 1.3),
  uses(ours('MutatingPolicy', 1), ours(BY_HAND, 1), '1 mirror, as a multiple of the policy made by hand', 0.8),
  {
    sentence: `MutatingAdmissionPolicy: ${USES}, 20 mirrors, as a multiple of no policy`,
    atMost: 1.5,
    of: [ours('MutatingAdmissionPolicy', 20)],
    value: (round) => round(ours('MutatingAdmissionPolicy', 20)).uses,
  },
  ...[MIRRORS_PER_POLICY, 300].flatMap((perPolicy) =>
    ENGINES.map((engine): Goal => {
      const setting = perPolicy === MIRRORS_PER_POLICY ? '' : ` with MIRRORS_PER_POLICY ${perPolicy}`;
      return {
        sentence: `${engine}: ${USES_NONE}, 1,000 mirrors${setting}, as a multiple of no policy`,
        atMost: 1.15,
        of: [ours(engine, 1000, perPolicy)],
        value: (round) => round(ours(engine, 1000, perPolicy)).usesNone,
      };
    }),
  ),
];
