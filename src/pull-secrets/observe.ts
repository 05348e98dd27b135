import type { RegistryMirror } from '../api/registry-mirror.js';
import type { Secret } from '../credentials/secrets.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Policies } from '../policies/policies.js';
import type { PolicyState } from '../policies/state.js';
import type { PullCluster } from './cluster.js';
import type { RobotList } from './memory.js';
import { usesPullSecrets } from './usage.js';
import { readPullSecret } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import type { RobotsSession } from '../robots/session.js';

/** What the policies name for such a mirror, they go on naming for now. */
const SETTLED: ReadonlySet<PolicyState['kind']> = new Set(['inForce', 'absent', 'failed']);

export interface PullObservationOptions {
  readonly cluster: Pick<PullCluster, 'pullSecretsOf' | 'copiesOf' | 'namespaces'>;
  readonly policies: Pick<Policies, 'injectedPrefixes' | 'state'>;
  /** Whether it is known what the policies in the cluster have. */
  readonly knowsPolicies: () => boolean;
  readonly excludedNamespaces: readonly string[];
  readonly retireAfterMs: number;
  /** ms of a clock that never goes back. */
  readonly monotonic: () => number;
}

/** What a look at a mirror's pull Secrets finds in the cluster. Everything is decided on this. */
export interface PullObservation {
  readonly mirror: RegistryMirror;
  readonly isWanted: boolean;
  /** The pull prefix that the mirror is to serve from; undefined where Harbor could not be asked. */
  readonly current: string | undefined;
  /** The mirror's pull Secrets in the operator's namespace: one for each place that it serves, or served, from. */
  readonly secrets: readonly PullSecret[];
  readonly copies: readonly Secret[];
  readonly namespaces: readonly KubernetesObject[];
  readonly excludedNamespaces: readonly string[];
  /** The pull prefixes that policies name, or may name in a moment; undefined where that isn't known. */
  readonly named: ReadonlySet<string> | undefined;
  readonly now: number;
  readonly retireAfterMs: number;
}

/** @param current - the pull prefix that the mirror is to serve from; undefined where Harbor could not be asked */
export function observePulls(
  mirror: RegistryMirror,
  current: string | undefined,
  options: PullObservationOptions,
): PullObservation {
  const { cluster, policies, knowsPolicies, excludedNamespaces, retireAfterMs, monotonic } = options;
  const { name } = mirror.metadata;
  const isSettled = knowsPolicies() && SETTLED.has(policies.state(name).kind);
  return {
    mirror,
    isWanted: usesPullSecrets(mirror),
    current,
    secrets: pullSecretsOf(mirror, cluster),
    copies: cluster.copiesOf(name),
    namespaces: cluster.namespaces(),
    excludedNamespaces,
    named: isSettled ? policies.injectedPrefixes(name) : undefined,
    now: monotonic(),
    retireAfterMs,
  };
}

/** The pull Secrets in the operator's namespace that are this mirror's, but for those that somebody broke. */
export function pullSecretsOf(
  { metadata }: RegistryMirror,
  cluster: Pick<PullCluster, 'pullSecretsOf'>,
): readonly PullSecret[] {
  const secrets = cluster.pullSecretsOf(metadata.name).map(readPullSecret);
  return secrets.filter((secret) => secret !== undefined);
}

/**
 * The robot accounts of a project: as they were read before, where that isn't too long ago and was with the same login. After Harbor was given
 * another prefix for robots the operator comes with another login, and the Pods' have changed, too.
 *
 * @throws HarborError
 */
export async function observeRobots(
  session: RobotsSession,
  projectId: number,
  known: RobotList | undefined,
  { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs: number },
): Promise<RobotList> {
  const isSame = known?.session === session && known.projectId === projectId;
  if (known !== undefined && isSame && now - known.at < maxAgeMs) return known;
  const robots = await session.client.listProjectRobots(projectId, { signal: session.signal });
  return { session, projectId, robots, at: now };
}
