import { digest } from '../syntax/digest.js';
import { FORM_VERSION } from '../policy.js';
import { injectedSecrets } from '../pull-secret.js';
import { conditionSteps } from './conditions.js';
import { imageSteps } from './images.js';
import { matchConstraints, type MatchConstraints } from './match-constraints.js';
import { pullSecretPatch, pullSecretSteps } from './pull-secrets.js';
import { PATCH, REWRITE_STEPS } from './rewrites.js';
import { written, type WrittenStep } from './step.js';
import type { Explanation } from '../explanation.js';
import type { PolicyInput } from '../engine.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';

/** What MutatingAdmissionPolicy and MutatingPolicy have in common. */
interface CelPolicy {
  readonly contentHash: string;
  readonly explanations: readonly Explanation[];
  readonly spec: {
    readonly failurePolicy: 'Fail' | 'Ignore';
    readonly reinvocationPolicy: 'IfNeeded';
    readonly matchConstraints: MatchConstraints;
    readonly matchConditions: readonly WrittenStep[];
    readonly variables: readonly WrittenStep[];
    readonly mutations: readonly object[];
  };
}

/** What comes of the reinvocation policy with an engine. */
export interface Reinvocation {
  /** Whether the engine is asked once more about a Pod that others have changed since. */
  readonly isAskedAgain: boolean;
  /** A paragraph on it, for `render --explain`. */
  readonly why: string;
}

export function celPolicy(
  { name, settings, rules, entries, excludedNamespaces }: PolicyInput,
  { isAskedAgain, why }: Reinvocation,
): CelPolicy {
  const secrets = injectedSecrets(entries, settings);
  const variables = [...imageSteps(rules), ...REWRITE_STEPS, ...pullSecretSteps(secrets)];
  // Not an apply configuration, which merges lists by name: a JSON patch by index can't reorder any.
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: PATCH + pullSecretPatch(secrets) } }];
  const contentHash = digest({
    form: FORM_VERSION,
    name,
    variables: written(variables),
    mutations,
    settings,
    excludedNamespaces,
  });
  const conditions = conditionSteps({
    hosts: rules.flatMap((rule) => rule.hosts),
    settings,
    excludedNamespaces,
    contentHash,
    // Who is not asked again would be asked about every new Pod for nothing, and with Fail refuse it for nothing.
    isForAnyNewPod: isAskedAgain && settings.injected === 'Always',
  });
  return {
    contentHash,
    explanations: [{ name: 'reinvocationPolicy', why }, MATCH_CONSTRAINTS, ...conditions, ...variables, MUTATIONS],
    spec: {
      failurePolicy: settings.failurePolicy,
      // Others may add containers after us, such as sidecars.
      reinvocationPolicy: 'IfNeeded',
      matchConstraints: matchConstraints(settings),
      matchConditions: written(conditions),
      variables: written(variables),
      mutations,
    },
  };
}

const MATCH_CONSTRAINTS: Explanation = {
  name: 'matchConstraints',
  why: 'Pods and their ephemeral containers, and nothing else: what Git says about a Deployment stays true. Namespaces opt out by their label.',
};

const MUTATIONS: Explanation = {
  name: 'mutations',
  why: 'The JSON patch. All that this policy changes is in it.',
};

/** Where both keep their match conditions. */
export function conditionsOf(policy: KubernetesObject): unknown {
  return (policy as { readonly spec?: { readonly matchConditions?: unknown } }).spec?.matchConditions;
}
