import type { KubernetesApi } from './api.js';

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
