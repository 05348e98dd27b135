import type { PolicySettings } from './settings.js';

/** A paragraph on a part of a policy, for `render --explain`. */
export interface Explanation {
  /** Of a rule, a step or a condition, or of a member of the policy's spec. */
  readonly name: string;
  readonly why: string;
}

/** What happens when the engine is down. */
export function failureExplanation(
  { failurePolicy }: Pick<PolicySettings, 'failurePolicy'>,
  by: 'Kyverno' | 'the API server',
): Explanation {
  if (by === 'the API server') {
    const outcome = failurePolicy === 'Fail' ? 'refused' : 'taken as it is written';
    return {
      name: 'failurePolicy',
      why: `The API server does the rewrite by itself, so there is nobody who could be away. Should an expression fail all the same, the Pod is ${outcome}.`,
    };
  }
  const outcome =
    failurePolicy === 'Fail'
      ? 'refuses each Pod that all match conditions hold for, and no other'
      : 'takes all Pods as they are written';
  return { name: 'failurePolicy', why: `While Kyverno can not be reached, the API server ${outcome}.` };
}
