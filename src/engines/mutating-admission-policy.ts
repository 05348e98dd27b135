import { celPolicy } from './cel-policy.js';
import { policyMetadata, type EnginePolicy } from './policy.js';
import type { PolicyInput } from './policy-input.js';

const API_VERSION = 'admissionregistration.k8s.io/v1';

/** The rewrite as a MutatingAdmissionPolicy: the API server does it alone (Kubernetes 1.36 and later). */
export function mutatingAdmissionPolicy(input: PolicyInput): EnginePolicy {
  const { name, entries } = input;
  const { contentHash, spec } = celPolicy(input);
  const metadata = policyMetadata(name, entries);
  return {
    kind: 'MutatingAdmissionPolicy',
    name,
    contentHash,
    entries,
    object: { apiVersion: API_VERSION, kind: 'MutatingAdmissionPolicy', metadata, spec },
    binding: { apiVersion: API_VERSION, kind: 'MutatingAdmissionPolicyBinding', metadata, spec: { policyName: name } },
  };
}
