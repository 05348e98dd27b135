import type { Engine, PolicyInput } from '../engine.js';
import { failureExplanation } from '../explanation.js';
import { policyMetadata, type EnginePolicy } from '../policy.js';
import { celPolicy, conditionsOf, type Reinvocation } from './cel-policy.js';

const GROUP = 'admissionregistration.k8s.io';
const VERSION = 'v1';
/** Kubernetes 1.34 and 1.35, where somebody has turned it on. */
const OLDER_VERSIONS = ['v1beta1'];
const BINDING = 'MutatingAdmissionPolicyBinding';

/** How long after a write the API server goes by what was there before, as a rule: it looks at its own policies once a second, and on 1.36 a change was seen to take 0.4 to 1.02 s. */
const SETTLE_MS = 1_500;
/** The same where it is overloaded and many policies were written: 6.2 s were seen. Several API servers take as long side by side, each for itself. */
const SPREAD_MS = 15_000;
/** With the first, what an overloaded one was seen to take. */
const LINGER_MS = 5_000;

/** A policy of the API server's own, which needs no webhook: it is in force some time after it was stored, without a sign. */
export const MUTATING_ADMISSION_POLICY: Engine = {
  kind: 'MutatingAdmissionPolicy',
  resource: { group: GROUP, version: VERSION, plural: 'mutatingadmissionpolicies', olderVersions: OLDER_VERSIONS },
  binding: {
    kind: BINDING,
    resource: {
      group: GROUP,
      version: VERSION,
      plural: 'mutatingadmissionpolicybindings',
      olderVersions: OLDER_VERSIONS,
    },
  },
  requires: 'Kubernetes 1.36 or later, or 1.34 and 1.35 where its beta is on',
  isKyverno: false,
  delays: {
    settleMs: SETTLE_MS,
    silenceMs: SETTLE_MS,
    spreadMs: SPREAD_MS,
    // Nobody else asks for it, so it can be deleted at once.
    retireMs: 0,
    lingerMs: LINGER_MS,
  },
  render: mutatingAdmissionPolicy,
  isEffective: ({ hasBinding }) => hasBinding,
  matchConditions: conditionsOf,
};

const REINVOCATION: Reinvocation = {
  isAskedAgain: true,
  why:
    'The API server carries the policy out once more for a Pod that a webhook has changed since, such as by adding a sidecar, but only if the match ' +
    'conditions held for that Pod before.',
};

/** The rewrite as a MutatingAdmissionPolicy: the API server does it alone. */
function mutatingAdmissionPolicy(input: PolicyInput): EnginePolicy {
  const { name, entries, settings } = input;
  const { contentHash, spec, explanations } = celPolicy(input, REINVOCATION);
  const failure = failureExplanation(settings, 'the API server');
  const metadata = policyMetadata(name, failure);
  const apiVersion = `${GROUP}/${VERSION}`;
  return {
    kind: 'MutatingAdmissionPolicy',
    name,
    contentHash,
    entries,
    explanations: [failure, ...explanations],
    object: { apiVersion, kind: 'MutatingAdmissionPolicy', metadata, spec },
    binding: { apiVersion, kind: BINDING, metadata, spec: { policyName: name } },
  };
}
