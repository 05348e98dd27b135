import type { PolicySettings } from './settings.js';

/** A paragraph on a part of a policy, for `render --explain`. */
export interface Explanation {
  /** Of a rule, a step or a condition, or of a member of the policy's spec. */
  readonly name: string;
  readonly why: string;
}

/** What happens while the engine does not answer: one sentence, which stands in the policy's own description as well. */
export function failureExplanation(
  { failurePolicy }: Pick<PolicySettings, 'failurePolicy'>,
  by: 'Kyverno' | 'the API server',
): Explanation {
  return { name: 'failurePolicy', why: `${FAILURES[by][failurePolicy]} (failurePolicy: ${failurePolicy}).` };
}

const FAILURES = {
  Kyverno: {
    Fail: 'While Kyverno does not answer, the API server refuses new Pods and changes of Pods that all match conditions hold for, no others',
    Ignore: 'While Kyverno does not answer, the API server takes all Pods as they are written',
  },
  'the API server': {
    Fail: 'The API server does this by itself and asks nobody; it refuses a Pod only if an expression fails for it',
    Ignore:
      'The API server does this by itself and asks nobody; it takes a Pod as it is written if an expression fails for it',
  },
} as const;
