import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { Observer } from '../../mirror/look/observe.js';
import type { PullSecret } from '../../pull-secrets/pull-secret.js';

/** What planning the Harbor side of a mirror needs. */
export interface HarborSideOptions {
  readonly observer: Observer;
  readonly harbors: Harbors;
  readonly clusterId: string;
  /** The mirror's pull Secrets in the operator's namespace. */
  readonly pullSecretsOf: (mirror: RegistryMirror) => readonly PullSecret[];
  /** ms since 1970. */
  readonly now: number;
  /** Whether a policy has the mirror now. */
  readonly isIncluded: (mirror: string) => boolean;
}
