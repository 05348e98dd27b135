import type { Condition } from './registry-mirror.js';

/**
 * The conditions of a RegistryMirror. Reconciling and Stalled (kstatus) are there only while true, SettingsSupported, RepositoriesServed,
 * FormerHarborsRetired, PullSecretsSpread, NamespacesExcluded and FallbackAllowed only while false; ProbeSucceeded only
 * where spec.probe is.
 */
export type ConditionType =
  | 'Ready'
  | 'EndpointReady'
  | 'ProjectReady'
  | 'PolicyReady'
  | 'HarborReachable'
  | 'UpstreamReachable'
  | 'SettingsSupported'
  | 'RepositoriesServed'
  | 'FormerHarborsRetired'
  | 'PullSecretsSpread'
  | 'NamespacesExcluded'
  | 'FallbackAllowed'
  | 'ProbeSucceeded'
  | 'Reconciling'
  | 'Stalled';

/** A condition without the fields that follow from when and for which generation it was seen. */
export interface Finding {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** The longest message that the CRD takes. */
const MESSAGE_LENGTH = 2000;

/** The condition of this type, if there is one. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Findings as conditions. The transition time is kept where the status did not change.
 *
 * @param now - RFC 3339
 */
export function conditionsOf(
  findings: readonly Finding[],
  previous: readonly Condition[] | undefined,
  observedGeneration: number,
  now: string,
): readonly Condition[] {
  return findings.map(({ type, status, reason, message }) => {
    const before = findCondition(previous, type);
    return {
      type,
      status,
      reason,
      message: message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH - 1)}…` : message,
      observedGeneration,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
    };
  });
}
