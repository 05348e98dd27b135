/**
 * The API group and every name derived from it. To be replaced by an owned domain before a public release: nothing else in
 * the code spells the group out.
 */
export const GROUP = 'registrymirror.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'RegistryMirror';
export const PLURAL = 'registrymirrors';

/** Name of this operator: field manager, Event source, managed-by label. */
export const OPERATOR = 'registry-mirror-operator';

export const FINALIZER = `${GROUP}/finalizer`;

export const LABELS = {
  /** On what the operator owns in the cluster. Value: {@link OPERATOR}. */
  managedBy: `${GROUP}/managed-by`,
  /** On Secrets that mirrors may refer to. Value: `upstream` or `harbor`; `pull` on those that the operator makes for Pods. */
  credentials: `${GROUP}/credentials`,
  /** On a Pod or a Namespace; value `disabled` opts out of the rewrite. */
  rewrite: `${GROUP}/rewrite`,
  /** On a rewritten Pod. Value: `"true"`. */
  mirrored: `${GROUP}/mirrored`,
} as const;

export const ANNOTATIONS = {
  /** On a RegistryMirror: any new value reconciles at once. */
  requestedAt: `${GROUP}/requestedAt`,
  /** On a RegistryMirror that is being deleted; value `"true"` lets go of a Harbor that is gone. */
  abandon: `${GROUP}/abandon`,
  /** On a RegistryMirror: in which Harbor it began, as JSON. Means nothing any more once the status has told of a Harbor. */
  beganIn: `${GROUP}/began-in`,
  /** On a Secret: comma-separated hosts that its content may be sent to. */
  allowedHosts: `${GROUP}/allowed-hosts`,
  /** On a policy: its mirrors' entries as JSON. */
  mirrors: `${GROUP}/mirrors`,
  /** On a policy: the settings that its mirrors share, as JSON. */
  settings: `${GROUP}/settings`,
  /** On a policy: the namespaces that it leaves alone, names and globs, with commas between them. */
  excludedNamespaces: `${GROUP}/excluded-namespaces`,
  /** On a policy: the version of its form. */
  formVersion: `${GROUP}/form-version`,
  /** On a pull Secret: its mirror. */
  mirror: `${GROUP}/mirror`,
  /** On the operator's own copy of a pull Secret: which robot account of which Harbor it is of, as JSON. */
  pullRobot: `${GROUP}/pull-robot`,
  /** On a rewritten Pod: its images as they were, as JSON. */
  originalImages: `${GROUP}/original-images`,
} as const;
