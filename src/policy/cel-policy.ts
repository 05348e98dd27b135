import { patchExpression, rewriteVariables, type Variable } from './cel.js';
import { digest } from './digest.js';
import { matchConditions, type MatchCondition } from './match-conditions.js';
import { matchConstraints, type MatchConstraints } from './match-constraints.js';
import { FORM_VERSION } from './policy.js';
import type { PolicyInput } from './render.js';

/** What MutatingAdmissionPolicy and MutatingPolicy have in common. */
export interface CelPolicy {
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

export function celPolicy({ settings, rules, excludedNamespaces }: PolicyInput): CelPolicy {
  const variables = rewriteVariables(rules);
  // Not an apply configuration, which merges lists by name: a JSON patch by index can't reorder any.
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: patchExpression() } }];
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
