import type { Manifest } from '../../support/chart.js';

/** A ClusterPolicy as the operator writes them, as far as the admission policy looks. */
export function clusterPolicy(name: string, rule: object = {}): Manifest {
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'ClusterPolicy',
    metadata: {
      name,
      labels: OURS,
      annotations: { 'pod-policies.kyverno.io/autogen-controllers': 'none' },
    },
    spec: {
      rules: [{ name: 'rewrite-images', match: matching('Pod', 'Pod/ephemeralcontainers'), mutate: MUTATE, ...rule }],
    },
  };
}

export function matching(...kinds: readonly string[]): object {
  return { any: [{ resources: { kinds } }] };
}

/** The same as a MutatingPolicy. */
export function mutatingPolicy(name: string, spec: object = {}): Manifest {
  return {
    apiVersion: 'policies.kyverno.io/v1',
    kind: 'MutatingPolicy',
    metadata: { name, labels: OURS },
    spec: {
      matchConstraints: constraints('', 'pods', 'pods/ephemeralcontainers'),
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: EXPRESSION } }],
      autogen: { podControllers: { controllers: [] }, mutatingAdmissionPolicy: { enabled: false } },
      evaluation: { mutateExisting: { enabled: false } },
      ...spec,
    },
  };
}

/** The same without what says that it is the operator's. */
export function unlabelled(policy: Manifest): Manifest {
  return { ...policy, metadata: { ...policy.metadata, labels: {} } };
}

export function constraints(apiGroup: string, ...resources: readonly string[]): object {
  return { resourceRules: [{ apiGroups: [apiGroup], apiVersions: ['v1'], operations: ['CREATE'], resources }] };
}

const OURS = { 'registrymirror.io/managed-by': 'registry-mirror-operator' };
const MUTATE = { patchesJson6902: '- {op: add, path: /metadata/labels/a, value: b}' };
const EXPRESSION = '[JSONPatch{op: "add", path: "/metadata/labels/a", value: "b"}]';
