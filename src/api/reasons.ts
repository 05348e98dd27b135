/**
 * Every condition reason and Event reason, in one catalogue. A reason is part of the API: scripts match on it.
 *
 * A mirror's Ready condition has one of these; the Event of a transition has the same.
 */
export const REASONS = {
  /** All is as the spec says. */
  succeeded: 'Succeeded',
  suspended: 'Suspended',
  /** At it; nothing is wrong. */
  progressing: 'Progressing',
  policyPending: 'PolicyPending',
  /** The policies can't be read, so it isn't known whether the mirror is in one. */
  policyUnknown: 'PolicyUnknown',
  deleting: 'Deleting',
  deleted: 'Deleted',
  /** The mirror has left a Harbor that it was moved away from. */
  formerHarborRetired: 'FormerHarborRetired',

  // Waiting: retried with backoff, heals by itself.
  harborUnreachable: 'HarborUnreachable',
  harborCredentialsRefused: 'HarborCredentialsRefused',
  harborBusy: 'HarborBusy',
  harborError: 'HarborError',
  harborReadOnly: 'HarborReadOnly',
  upstreamUnhealthy: 'UpstreamUnhealthy',
  secretNotFound: 'SecretNotFound',
  harborPermissionMissing: 'HarborPermissionMissing',
  deletionBlocked: 'DeletionBlocked',

  // Stalled: the user has to act.
  harborNotConfigured: 'HarborNotConfigured',
  urlInvalid: 'UrlInvalid',
  harborTooOld: 'HarborTooOld',
  secretInvalid: 'SecretInvalid',
  secretNotAllowed: 'SecretNotAllowed',
  projectNotOurs: 'ProjectNotOurs',
  projectNotProxy: 'ProjectNotProxy',
  projectPrivate: 'ProjectPrivate',
  endpointMissing: 'EndpointMissing',
  endpointShared: 'EndpointShared',
  endpointTypeChanged: 'EndpointTypeChanged',
  markMissing: 'MarkMissing',
  upstreamChanged: 'UpstreamChanged',
  upstreamMismatch: 'UpstreamMismatch',
  hostConflict: 'HostConflict',
  hostIsHarbor: 'HostIsHarbor',
  engineUnavailable: 'EngineUnavailable',
  harborRefused: 'HarborRefused',
  policyRefused: 'PolicyRefused',
  policyOverwritten: 'PolicyOverwritten',
  pullSecretPermissionMissing: 'PullSecretPermissionMissing',
  pullSecretConflict: 'PullSecretConflict',
  pullSecretRefused: 'PullSecretRefused',

  /** A bug of the operator's: logged with its stack, retried slowly. */
  internalError: 'InternalError',
  /** A setting that this Harbor's version lacks. */
  settingUnsupported: 'SettingUnsupported',
  /** Harbor's project has a filter that leaves out some of what the mirror sends Pods there for. */
  filterNarrower: 'FilterNarrower',
  /** Kyverno or Harbor runs where the mirror rewrites Pods. */
  namespaceNotExcluded: 'NamespaceNotExcluded',
  /** The operator may not read and change Pods, which `rewrite.fallback` needs. */
  fallbackPermissionMissing: 'FallbackPermissionMissing',
  /** Of an Event: a container has got its original image back. */
  fellBack: 'FellBack',

  // What asking the cache for an image came to (spec.probe).
  imageServed: 'ImageServed',
  imageNotServed: 'ImageNotServed',
  pullRefused: 'PullRefused',
  pullLimited: 'PullLimited',
  pullTimedOut: 'PullTimedOut',
  /** The project is private, and there is no pull robot of the mirror's to ask with. */
  pullLoginMissing: 'PullLoginMissing',
  /** Harbor sends nodes for their tokens to where the operator doesn't ask. */
  tokensElsewhere: 'TokensElsewhere',

  // Reasons of the single conditions.
  healthy: 'Healthy',
  notChecked: 'NotChecked',
  inForce: 'InForce',
  withdrawn: 'Withdrawn',
  notIncluded: 'NotIncluded',
  rewriteDisabled: 'RewriteDisabled',
  created: 'Created',
  adopted: 'Adopted',
  used: 'Used',
  missing: 'Missing',
} as const;

export type Reason = (typeof REASONS)[keyof typeof REASONS];
