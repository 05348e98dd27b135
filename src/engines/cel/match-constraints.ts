import type { LabelSelector } from '../../api/registry-mirror.js';
import { namespaceSelector } from '../conditions/selectors.js';
import type { PolicySettings } from '../settings.js';

/** As in MutatingAdmissionPolicy and MutatingPolicy: which requests they see. */
export interface MatchConstraints {
  readonly resourceRules: readonly object[];
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

/** Pods and their ephemeral containers, and nothing else: what Git says about a Deployment stays true. */
export function matchConstraints(settings: PolicySettings): MatchConstraints {
  const rule = (resource: string, ...operations: readonly string[]): object => ({
    apiGroups: [''],
    apiVersions: ['v1'],
    resources: [resource],
    operations,
    scope: 'Namespaced',
  });
  return {
    resourceRules: [rule('pods', 'CREATE', 'UPDATE'), rule('pods/ephemeralcontainers', 'UPDATE')],
    namespaceSelector: namespaceSelector(settings.namespaceSelector),
    ...(settings.podSelector === undefined ? {} : { objectSelector: settings.podSelector }),
  };
}
