import { pause } from '../clock/pause.js';
import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { KubernetesError } from './errors.js';

/** How long after a try the next one comes at the earliest. */
const RETRY_MS = 1000;
/** The election has connections of its own: it may go on well while this one call fails for good, and another replica must have its chance then. */
const PATIENCE_MS = 60_000;

interface Patience {
  readonly signal: AbortSignal;
  /** A try failed; another one follows. */
  readonly onError: (error: KubernetesError) => void;
  /** Milliseconds, of a clock that never goes back. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * What tells this cluster from others in Harbor's marks: the uid of the namespace kube-system, which lives as long as the cluster.
 *
 * @throws KubernetesError
 * @throws Error where that namespace has no uid, or isn't there
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
 * @throws KubernetesError where another try would be answered alike, and the last one after a minute of tries
 * @throws Error where the namespace kube-system has no uid, or isn't there
 */
export async function clusterIdOnceAnswered(
  api: KubernetesApi,
  { signal, onError, now = () => performance.now(), wait = pause }: Patience,
): Promise<string | undefined> {
  const until = now() + PATIENCE_MS;
  while (!signal.aborted) {
    try {
      return await clusterIdOf(api);
    } catch (error) {
      if (!isKubernetesError(error, 'unavailable', 'tooManyRequests') || now() >= until) throw error;
      onError(error);
      // However long the API server asks to be left alone, there is a last try.
      await wait(Math.min(Math.max(RETRY_MS, error.retryAfterMs ?? 0), until - now()), signal);
    }
  }
  return undefined;
}
