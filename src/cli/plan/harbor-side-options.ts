import type { Harbors } from '../../harbor/session/harbors.js';
import type { Observer } from '../../mirror/observe.js';

/** What planning the Harbor side of a mirror needs. */
export interface HarborSideOptions {
  readonly observer: Observer;
  readonly harbors: Harbors;
  readonly clusterId: string;
  /** Whether a policy has the mirror now. */
  readonly isIncluded: (mirror: string) => boolean;
}
