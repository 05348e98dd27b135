import { pause } from '../clock/pause.js';
import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { KubernetesError } from './errors.js';

/** How long after a try the next one comes. */
const RETRY_MS = 1000;

interface Patience {
  readonly signal: AbortSignal;
  /** A try failed; another one follows. */
  readonly onError: (error: KubernetesError) => void;
}

/**
 * What tells this cluster from others in Harbor's marks: the uid of the namespace kube-system, which lives as long as the cluster.
 *
 * @throws KubernetesError
 */
export async function clusterIdOf(api: KubernetesApi): Promise<string> {
  const namespace = await api.get({ group: '', version: 'v1', plural: 'namespaces' }, 'kube-system');
  const uid = namespace?.metadata.uid;
  if (uid === undefined)
    throw new Error('The namespace kube-system has no uid. Give the cluster an id with --cluster-id.');
  return uid;
}

/**
 * The same, as soon as the API server answers: who has just been given the lease doesn't end for one call that failed.
 *
 * @returns undefined where the signal was aborted first
 * @throws KubernetesError where another try would be answered alike
 */
export async function clusterIdOnceAnswered(
  api: KubernetesApi,
  { signal, onError }: Patience,
): Promise<string | undefined> {
  while (!signal.aborted) {
    try {
      return await clusterIdOf(api);
    } catch (error) {
      if (!isKubernetesError(error, 'unavailable', 'tooManyRequests')) throw error;
      onError(error);
    }
    await pause(RETRY_MS, signal);
  }
  return undefined;
}
