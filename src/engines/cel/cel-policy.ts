import { patchExpression, rewriteVariables } from './cel.js';
import type { Variable } from './variable.js';
import { digest } from '../syntax/digest.js';
import { matchConditions, type MatchCondition } from '../conditions/match-conditions.js';
import { matchConstraints, type MatchConstraints } from '../conditions/match-constraints.js';
import { FORM_VERSION } from '../policy.js';
import { injectedSecrets } from '../pull-secret.js';
import { pullSecretPatch, pullSecretVariables } from './pull-secrets.js';
import type { PolicyInput } from '../engine.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';

/** What MutatingAdmissionPolicy and MutatingPolicy have in common. */
interface CelPolicy {
  readonly contentHash: string;
  readonly spec: {
    readonly failurePolicy: 'Fail' | 'Ignore';
    readonly reinvocationPolicy: 'IfNeeded';
    readonly matchConstraints: MatchConstraints;
    readonly matchConditions: readonly MatchCondition[];
    readonly variables: readonly Variable[];
    readonly mutations: readonly object[];
  };
}

export function celPolicy({ settings, rules, entries, excludedNamespaces }: PolicyInput): CelPolicy {
  const secrets = injectedSecrets(entries, settings);
  const variables = [...rewriteVariables(rules), ...pullSecretVariables(secrets)];
  // Not an apply configuration, which merges lists by name: a JSON patch by index can't reorder any.
  const mutations = [
    { patchType: 'JSONPatch', jsonPatch: { expression: patchExpression() + pullSecretPatch(secrets) } },
  ];
  const contentHash = digest({ form: FORM_VERSION, variables, mutations, settings, excludedNamespaces });
  const hosts = rules.flatMap((rule) => rule.hosts);
  return {
    contentHash,
    spec: {
      failurePolicy: settings.failurePolicy,
      // Others may add containers after us, such as sidecars.
      reinvocationPolicy: 'IfNeeded',
      matchConstraints: matchConstraints(settings),
      matchConditions: matchConditions(hosts, settings, excludedNamespaces, contentHash),
      variables,
      mutations,
    },
  };
}

/** Where both keep their match conditions. */
export function conditionsOf(policy: KubernetesObject): unknown {
  return (policy as { readonly spec?: { readonly matchConditions?: unknown } }).spec?.matchConditions;
}
