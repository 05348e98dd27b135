import type { Resource } from '../kubernetes/objects.js';
import type { PolicyEngine } from './settings.js';

/** Where the API server keeps each kind of policy. */
export const POLICY_RESOURCES: Readonly<Record<PolicyEngine, Resource>> = {
  ClusterPolicy: { group: 'kyverno.io', version: 'v1', plural: 'clusterpolicies' },
  MutatingPolicy: { group: 'policies.kyverno.io', version: 'v1', plural: 'mutatingpolicies' },
  MutatingAdmissionPolicy: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingadmissionpolicies',
  },
};

/** What puts a MutatingAdmissionPolicy in force. */
export const BINDINGS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingadmissionpolicybindings',
};

export const WEBHOOK_CONFIGURATIONS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
};
