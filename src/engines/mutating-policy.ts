import { celPolicy } from './cel-policy.js';
import { policyMetadata, type EnginePolicy } from './policy.js';
import type { PolicyInput } from './policy-input.js';

/** The rewrite as a MutatingPolicy of Kyverno (policies.kyverno.io/v1), which is to replace ClusterPolicy. */
export function mutatingPolicy(input: PolicyInput): EnginePolicy {
  const { name, entries } = input;
  const { contentHash, spec } = celPolicy(input);
  return {
    kind: 'MutatingPolicy',
    name,
    contentHash,
    entries,
    object: {
      apiVersion: 'policies.kyverno.io/v1',
      kind: 'MutatingPolicy',
      metadata: policyMetadata(name, entries),
      spec: {
        ...spec,
        // Else Kyverno may copy the policy to Deployments and all, or to a MutatingAdmissionPolicy.
        autogen: { podControllers: { controllers: [] }, mutatingAdmissionPolicy: { enabled: false } },
        evaluation: { admission: { enabled: true }, mutateExisting: { enabled: false } },
      },
    },
  };
}
