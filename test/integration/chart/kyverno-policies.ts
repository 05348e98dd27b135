import type { MirrorEntry } from '../../../src/engines/entry.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import type { Manifest } from '../../support/chart.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

/** A step of a ClusterPolicy's rule. */
export interface Step {
  readonly name: string;
  readonly variable: Readonly<Record<string, unknown>>;
}

/** The one `foreach` of such a rule. */
export interface ForEach {
  readonly list: string;
  readonly context: readonly Step[];
  readonly patchesJson6902: string;
}

/** What a MutatingPolicy calculates with, and what it changes. */
export interface CelSpec {
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly mutations: readonly { readonly patchType: string; readonly jsonPatch: { readonly expression: string } }[];
}

const MIRROR: MirrorEntry = {
  mirror: 'known',
  hosts: ['known.example.org'],
  pullPrefix: 'harbor.example.org/known',
  include: [],
  exclude: [],
};

function specOf(settings: PolicySettings): object {
  const [policy] = renderPolicies([{ entry: MIRROR, settings }], { excludedNamespaces: [] });
  if (policy === undefined) throw new Error('No policy was rendered.');
  return policy.object.spec;
}

/** The `foreach` by which the operator's own ClusterPolicies rewrite new Pods. */
export function ownForEach(more: Partial<PolicySettings> = {}): ForEach {
  const spec = specOf({ engine: 'ClusterPolicy', ...DEFAULT_SETTINGS, ...more });
  const { rules } = spec as {
    readonly rules: readonly { readonly mutate: { readonly foreach: readonly ForEach[] } }[];
  };
  const each = rules[0]?.mutate.foreach[0];
  if (each === undefined) throw new Error('The rule has no foreach.');
  return each;
}

/** The same with other steps for those of these names. */
export function withSteps(each: ForEach, others: Readonly<Record<string, Step['variable']>>): ForEach {
  const context = each.context.map(({ name, variable }) => ({ name, variable: others[name] ?? variable }));
  return { ...each, context };
}

/** The variables and the mutation of the operator's own MutatingPolicies, with other expressions for variables of these names. */
export function ownCel(more: Partial<PolicySettings> = {}, others: Readonly<Record<string, string>> = {}): CelSpec {
  const { variables, mutations } = specOf({ engine: 'MutatingPolicy', ...DEFAULT_SETTINGS, ...more }) as CelSpec;
  return {
    variables: variables.map(({ name, expression }) => ({ name, expression: others[name] ?? expression })),
    mutations,
  };
}

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
      rules: [
        {
          name: 'rewrite-images',
          match: matching('Pod', 'Pod/ephemeralcontainers'),
          mutate: { foreach: [ownForEach()] },
          ...rule,
        },
      ],
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
      ...ownCel(),
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
