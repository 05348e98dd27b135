import type { Cluster } from '../cluster/cluster.js';

interface StoredPod {
  readonly spec: {
    readonly containers: readonly { readonly image: string }[];
    readonly imagePullSecrets?: readonly { readonly name: string }[];
  };
}

/** What a new Pod with this image gets: its image, and its pull Secrets' names. The Pod isn't kept. */
export async function newPod(
  { cluster }: { readonly cluster: Cluster },
  namespace: string,
  image: string,
): Promise<{ readonly image: string | undefined; readonly secrets: readonly string[] }> {
  const pod = { metadata: { generateName: 'probe-' }, spec: { containers: [{ name: 'c', image }] } };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const { spec } = await cluster.api.json<StoredPod>('POST', path, pod);
  return { image: spec.containers[0]?.image, secrets: (spec.imagePullSecrets ?? []).map(({ name }) => name) };
}
