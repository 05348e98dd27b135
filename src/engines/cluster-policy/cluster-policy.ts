import { digest } from '../syntax/digest.js';
import { patchExpression } from './jmespath.js';
import { matchConditions } from '../conditions/match-conditions.js';
import { FORM_VERSION, policyMetadata, type EnginePolicy } from '../policy.js';
import { injectedSecrets } from '../pull-secret.js';
import type { Engine, PolicyInput } from '../engine.js';
import { KYVERNO } from '../kyverno.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { namespaceSelector } from '../conditions/selectors.js';

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

/** The rewrite as a ClusterPolicy of Kyverno (kyverno.io/v1): one rule, one JSON patch. */
function clusterPolicy({ name, settings, entries, rules, excludedNamespaces }: PolicyInput): EnginePolicy {
  const selectors = {
    namespaceSelector: namespaceSelector(settings.namespaceSelector),
    ...(settings.podSelector === undefined ? {} : { selector: settings.podSelector }),
  };
  const rule = {
    name: 'rewrite-images',
    match: {
      any: [
        { resources: { kinds: ['Pod'], operations: ['CREATE', 'UPDATE'], ...selectors } },
        { resources: { kinds: ['Pod/ephemeralcontainers'], operations: ['UPDATE'], ...selectors } },
      ],
    },
    // A variable of its own, since Kyverno quotes the list in its error messages.
    context: [{ name: 'rewrites', variable: { jmesPath: patchExpression(rules, injectedSecrets(entries, settings)) } }],
    // A list of one: the whole patch as text. Kyverno refuses a patch that is all variable outside of a foreach; and since the
    // variable is all there is, it takes the text as it is and looks for no variables in what a Pod's author wrote.
    mutate: { foreach: [{ list: 'rewrites', patchesJson6902: '{{ element }}' }] },
  };
  const contentHash = digest({ form: FORM_VERSION, rule, settings, excludedNamespaces });
  return {
    kind: 'ClusterPolicy',
    name,
    contentHash,
    entries,
    object: {
      apiVersion: `${GROUP}/${VERSION}`,
      kind: 'ClusterPolicy',
      metadata: policyMetadata(name, entries, {
        // Else Kyverno copies the rule to Deployments and all: what Git says about them must stay true.
        'pod-policies.kyverno.io/autogen-controllers': 'none',
      }),
      spec: {
        admission: true,
        background: false,
        failurePolicy: settings.failurePolicy,
        webhookConfiguration: {
          matchConditions: matchConditions(
            rules.flatMap((rule) => rule.hosts),
            settings,
            excludedNamespaces,
            contentHash,
          ),
        },
        rules: [rule],
      },
    },
  };
}
