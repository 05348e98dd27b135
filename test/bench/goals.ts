import type { PolicyEngine } from '../../src/engines/settings.js';

export const BY_HAND = 'by hand, a policy per mirror';

/** A set of policies that is measured: whose, and for how many mirrors. */
export interface Subject {
  readonly what: PolicyEngine | typeof BY_HAND;
  readonly mirrors: number;
}

/** Medians of one round, as multiples of no policy at all. */
export interface Cost {
  /** Of a Pod with one mirrored image. */
  readonly uses: number;
  /** Of a Pod without any. */
  readonly usesNone: number;
}

/** What one round found. */
export type Round = (what: Subject['what'], mirrors: number) => Cost;

export interface Goal {
  readonly engine: PolicyEngine;
  readonly sentence: string;
  readonly atMost: number;
  readonly value: (round: Round) => number;
}

/** What the policies may cost at admission; the median of the rounds counts. */
export const GOALS: readonly Goal[] = [
  {
    engine: 'ClusterPolicy',
    sentence: 'a Pod with a mirrored image, 1 mirror, as a multiple of the policy made by hand',
    atMost: 1.0,
    value: (round) => round('ClusterPolicy', 1).uses / round(BY_HAND, 1).uses,
  },
  {
    engine: 'ClusterPolicy',
    sentence: 'a Pod with a mirrored image, 20 mirrors, as a multiple of twenty policies made by hand',
    atMost: 0.6,
    value: (round) => round('ClusterPolicy', 20).uses / round(BY_HAND, 20).uses,
  },
  {
    engine: 'ClusterPolicy',
    sentence: 'a Pod with a mirrored image, 100 mirrors, as a multiple of 1 mirror',
    atMost: 1.3,
    value: (round) => round('ClusterPolicy', 100).uses / round('ClusterPolicy', 1).uses,
  },
  {
    engine: 'MutatingPolicy',
    sentence: 'a Pod with a mirrored image, 1 mirror, as a multiple of the policy made by hand',
    atMost: 0.8,
    value: (round) => round('MutatingPolicy', 1).uses / round(BY_HAND, 1).uses,
  },
  {
    engine: 'MutatingAdmissionPolicy',
    sentence: 'a Pod with a mirrored image, 20 mirrors, as a multiple of no policy',
    atMost: 1.5,
    value: (round) => round('MutatingAdmissionPolicy', 20).uses,
  },
  ...(['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const).map((engine): Goal => ({
    engine,
    sentence: 'a Pod without a mirrored image, 1,000 mirrors, as a multiple of no policy',
    atMost: 1.15,
    value: (round) => round(engine, 1000).usesNone,
  })),
];
