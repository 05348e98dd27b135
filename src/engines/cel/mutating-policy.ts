import type { Engine, PolicyInput } from '../engine.js';
import { KYVERNO } from '../kyverno.js';
import { failureExplanation } from '../explanation.js';
import { policyMetadata, type EnginePolicy } from '../policy.js';
import { celPolicy, conditionsOf, type Reinvocation } from './cel-policy.js';

const GROUP = 'policies.kyverno.io';
const VERSION = 'v1';

/** Kyverno's policy in CEL, which is to replace ClusterPolicy. */
export const MUTATING_POLICY: Engine = {
  ...KYVERNO,
  kind: 'MutatingPolicy',
  // Kyverno 1.15 and 1.17 know no `request` where a policy says what to change: they register the webhook, and change no Pod.
  requires: 'Kyverno 1.19 or later',
  // Whose version shows nowhere but in a field that came with Kyverno 1.19.
  resource: {
    group: GROUP,
    version: VERSION,
    plural: 'mutatingpolicies',
    neededField: 'spec.evaluation.useServerSideApply',
  },
  render: mutatingPolicy,
  matchConditions: conditionsOf,
};

const REINVOCATION: Reinvocation = {
  isAskedAgain: false,
  why:
    'Kyverno 1.19 does not do what this says: it registers its webhook with reinvocationPolicy Never. So what a later webhook adds to a Pod stays as it ' +
    'is, and rewrite.injected: Always changes nothing.',
};

/** The rewrite as a MutatingPolicy of Kyverno (policies.kyverno.io/v1). */
function mutatingPolicy(input: PolicyInput): EnginePolicy {
  const { name, entries, settings } = input;
  const { contentHash, spec, explanations } = celPolicy(input, REINVOCATION);
  const failure = failureExplanation(settings, 'Kyverno');
  return {
    kind: 'MutatingPolicy',
    name,
    contentHash,
    entries,
    explanations: [failure, ...explanations],
    object: {
      apiVersion: `${GROUP}/${VERSION}`,
      kind: 'MutatingPolicy',
      metadata: policyMetadata(name, failure),
      spec: {
        ...spec,
        // Else Kyverno may copy the policy to Deployments and all, or to a MutatingAdmissionPolicy.
        autogen: { podControllers: { controllers: [] }, mutatingAdmissionPolicy: { enabled: false } },
        evaluation: {
          admission: { enabled: true },
          // Else Kyverno looks at Pods that are there already, wants a right for that, which it lacks, and calls the policy not ready.
          background: { enabled: false },
          mutateExisting: { enabled: false },
        },
      },
    },
  };
}
