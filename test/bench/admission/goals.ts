import { MIRRORS_PER_POLICY, MOST_MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { ENGINES } from '../scale/options.js';
import { BY_HAND, isSame } from './subject.js';
import type { Measured, Ratio, Subject } from './subject.js';

export interface Goal {
  readonly sentence: string;
  readonly atMost: number;
  readonly of: Subject;
  /** What the subject is compared with; left out: no policy at all. */
  readonly than?: Subject;
  /** What of the subject's round decides. */
  readonly found: (measured: Measured) => Ratio | undefined;
}

const USES = 'a Pod with a mirrored image';
const USES_NONE = 'a Pod without a mirrored image';

/** With the setting that the operator has for the engine. */
function ours(what: PolicyEngine, mirrors: number): Subject {
  return { what, mirrors, perPolicy: MIRRORS_PER_POLICY[what] };
}

function byHand(mirrors: number): Subject {
  return { what: BY_HAND, mirrors, perPolicy: 1 };
}

function usesNone(of: Subject, words: string): Goal {
  const sentence = `${of.what}: ${USES_NONE}, ${words}, as a multiple of no policy`;
  return { sentence, atMost: 1.15, of, found: (measured) => measured.usesNone };
}

function uses(of: Subject, than: Subject, words: string, atMost: number): Goal {
  return { sentence: `${of.what}: ${USES}, ${words}`, atMost, of, than, found: ({ against }) => against };
}

/** What the policies may cost at admission; the median of the rounds counts. */
export const GOALS: readonly Goal[] = [
  uses(ours('ClusterPolicy', 1), byHand(1), '1 mirror, as a multiple of the policy made by hand', 1.0),
  uses(ours('ClusterPolicy', 20), byHand(20), '20 mirrors, as a multiple of twenty policies made by hand', 0.6),
  uses(ours('ClusterPolicy', 100), ours('ClusterPolicy', 1), '100 mirrors, as a multiple of 1 mirror', 1.3),
  uses(ours('MutatingPolicy', 1), byHand(1), '1 mirror, as a multiple of the policy made by hand', 0.8),
  {
    sentence: `MutatingAdmissionPolicy: ${USES}, 20 mirrors, as a multiple of no policy`,
    atMost: 1.5,
    of: ours('MutatingAdmissionPolicy', 20),
    found: (measured) => measured.uses,
  },
  ...ENGINES.map((engine) => usesNone(ours(engine, 1000), '1,000 mirrors')),
  usesNone(
    { what: 'ClusterPolicy', mirrors: 1000, perPolicy: MOST_MIRRORS_PER_POLICY },
    `1,000 mirrors with MIRRORS_PER_POLICY ${MOST_MIRRORS_PER_POLICY}`,
  ),
];

/** What has to be in force beside this subject, so that both can be asked in turn. */
export function comparedWith(subject: Subject): Subject | undefined {
  return GOALS.find(({ of, than }) => than !== undefined && isSame(of, subject))?.than;
}
