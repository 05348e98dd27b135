import type { Cluster } from '../cluster/cluster.js';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly { readonly type: string }[] };
}

/** Says of all Pods of a namespace that they run and are ready, as the kubelet of a node would: this cluster has no nodes. */
export async function runPods(cluster: Cluster, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = await cluster.api.json<{ readonly items: readonly Pod[] }>('GET', path);
  const now = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: now };
  for (const { metadata, status } of items) {
    if (status.conditions?.some(({ type }) => type === 'Ready') === true) continue;
    const running = { phase: 'Running', conditions: [ready] };
    const patch = { status: running };
    await cluster.api.json('PATCH', `${path}/${metadata.name}/status`, patch, 'application/merge-patch+json');
  }
}
