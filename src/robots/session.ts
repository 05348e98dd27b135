import type { FormerHarbor, RegistryMirror } from '../api/registry-mirror.js';
import type { Read } from '../credentials/secrets.js';
import type { HarborApi } from '../harbor/api.js';
import type { Availability } from '../harbor/session/facts.js';

/** A Harbor with a login that may see to robot accounts. */
export interface RobotsSession {
  readonly url: string;
  readonly client: Pick<HarborApi, 'findProject' | 'listProjectRobots' | 'createRobot' | 'deleteRobot'>;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly facts: { readonly availability: { readonly kind: Availability['kind'] } };
}

/** The Harbors that pull robots are in. */
export interface PullHarbors {
  sessionFor(mirror: RegistryMirror): Read<RobotsSession>;
  sessionForFormer(former: FormerHarbor): Read<RobotsSession>;
  knowsLoginFor(former: FormerHarbor): boolean;
  urlFor(mirror: RegistryMirror): string;
}
