import type { KubernetesObject } from '../../kubernetes/objects.js';
import { namespaceSelector } from '../conditions/selectors.js';
import type { Engine, PolicyInput } from '../engine.js';
import { failureExplanation, type Explanation } from '../explanation.js';
import { KYVERNO } from '../kyverno.js';
import { FORM_VERSION, policyMetadata, type EnginePolicy } from '../policy.js';
import { injectedSecrets } from '../pull-secret.js';
import { digest } from '../syntax/digest.js';
import { contentCondition } from '../webhooks.js';
import { MATCH_CONDITION, matchConditions } from './match-conditions.js';
import { mirrorSteps } from './mirror-steps.js';
import { ephemeralContainerRule, newPodRule, podAppliedAgainRule, writtenRule } from './rules.js';

const GROUP = 'kyverno.io';
const VERSION = 'v1';

/** Kyverno's first kind of policy, in JMESPath. */
export const CLUSTER_POLICY: Engine = {
  ...KYVERNO,
  kind: 'ClusterPolicy',
  resource: { group: GROUP, version: VERSION, plural: 'clusterpolicies' },
  render: clusterPolicy,
  matchConditions: (policy) => (policy as LiveClusterPolicy).spec?.webhookConfiguration?.matchConditions,
};

interface LiveClusterPolicy extends KubernetesObject {
  readonly spec?: { readonly webhookConfiguration?: { readonly matchConditions?: unknown } };
}

/** The rewrite as a ClusterPolicy of Kyverno (kyverno.io/v1): a rule for each kind of request, so that a new Pod pays for nothing else. */
function clusterPolicy(policy: PolicyInput): EnginePolicy {
  const { name, settings, entries, rules: hostRules, excludedNamespaces } = policy;
  const selectors = {
    namespaceSelector: namespaceSelector(settings.namespaceSelector),
    ...(settings.podSelector === undefined ? {} : { selector: settings.podSelector }),
  };
  const input = {
    mirrorSteps: (found: string) => mirrorSteps(hostRules, found),
    secrets: injectedSecrets(entries, settings),
    selectors,
  };
  const described = [newPodRule(input), ephemeralContainerRule(input), podAppliedAgainRule(input)];
  const rules = described.map(writtenRule);
  const failure = failureExplanation(settings, 'Kyverno');
  const contentHash = digest({ form: FORM_VERSION, name, rules, settings, excludedNamespaces });
  return {
    kind: 'ClusterPolicy',
    name,
    contentHash,
    entries,
    explanations: [
      failure,
      WEBHOOK_CONFIGURATION,
      { name: contentCondition(contentHash), why: MATCH_CONDITION },
      ...described.flatMap((rule) => [rule, { name: 'list', why: rule.list.why }, ...rule.steps]),
    ],
    object: {
      apiVersion: `${GROUP}/${VERSION}`,
      kind: 'ClusterPolicy',
      metadata: policyMetadata(name, failure, {
        // Else Kyverno copies the rules to Deployments and all: what Git says about them must stay true.
        'pod-policies.kyverno.io/autogen-controllers': 'none',
      }),
      spec: {
        admission: true,
        background: false,
        failurePolicy: settings.failurePolicy,
        webhookConfiguration: { matchConditions: matchConditions(policy, contentHash) },
        rules,
      },
    },
  };
}

const WEBHOOK_CONFIGURATION: Explanation = {
  name: 'webhookConfiguration',
  why:
    'Kyverno makes its webhook of this. The API server asks again about a Pod that another webhook has changed since, but only if it has asked about ' +
    'that Pod before (reinvocationPolicy IfNeeded). With rewrite.injected: Always it has asked about every new Pod that is not left out.',
};
