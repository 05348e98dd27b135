import type { RegistryMirror } from '../api/registry-mirror.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { CopyAction } from './copies.js';
import type { Secret } from '../credentials/secrets.js';

/** Whether namespaces and the Secrets in them can be seen. */
export type PullAccess = 'ready' | 'starting' | 'forbidden';

/** What pull Secrets need of the cluster. */
export interface PullCluster {
  readonly namespace: string;
  mirrors(): readonly RegistryMirror[];
  /** Whether there are any pull Secrets in the operator's namespace. */
  readonly hasPullSecrets: boolean;
  /** A mirror's pull Secrets in the operator's namespace. */
  pullSecretsOf(mirror: string): readonly Secret[];
  /** Whether they are seen at this moment. */
  readonly access: PullAccess | 'unwatched';
  /** Begins to watch namespaces and copies, where that hasn't begun; resolves as soon as it is known how that goes. */
  watch(): Promise<PullAccess>;
  /** Ends the watches. */
  unwatch(): Promise<void>;
  namespaces(): readonly KubernetesObject[];
  /** A mirror's pull Secrets in all other namespaces. */
  copiesOf(mirror: string): readonly Secret[];
  /** Whether somebody else's Secret has this name in the operator's namespace. Asks the API server where no pull Secret is seen there. */
  isTaken(name: string, mirror: string): Promise<boolean>;
  /**
   * Writes a pull Secret of the operator's namespace, also over one of the same mirror's whose label somebody has taken away.
   *
   * @throws KubernetesError `alreadyExists` where somebody else's Secret has the name
   */
  keep(secret: Secret): Promise<void>;
  /** Deletes a pull Secret of the operator's namespace. */
  drop(secret: Secret): Promise<void>;
  /**
   * Carries out one write of a copy. A namespace that went meanwhile is no error.
   *
   * @throws KubernetesError `alreadyExists` where somebody else's Secret has the name
   */
  carryOut(action: CopyAction): Promise<void>;
}
