import { readFile } from 'node:fs/promises';
import { eventually } from '../support/wait.js';
import type { Daemon } from '../support/daemons.js';
import { ApiStatusError } from './api.js';
import type { Api } from './api.js';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const collections: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/{namespace}/serviceaccounts',
  ConfigMap: '/api/v1/namespaces/{namespace}/configmaps',
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings',
};

function collectionOf(object: Manifest): string {
  const path = collections[object.kind];
  if (path === undefined) throw new Error(`Kyverno's manifest has a ${object.kind}, which is not installed here.`);
  return path.replace('{namespace}', object.metadata.namespace ?? 'default');
}

/** Creates Kyverno's objects in a fresh cluster, its namespace first, and waits until all its kinds are served. */
export async function installKyverno(api: Api, manifestsPath: string): Promise<void> {
  const objects = JSON.parse(await readFile(manifestsPath, 'utf8')) as readonly Manifest[];
  const create = async (object: Manifest): Promise<void> => {
    await api.json('POST', collectionOf(object), object);
  };
  await Promise.all(objects.filter((object) => object.kind === 'Namespace').map(create));
  await Promise.all(objects.filter((object) => object.kind !== 'Namespace').map(create));
  await eventually(() => checkEstablished(api), { timeoutMs: 30_000, message: "Kyverno's kinds to be served" });
}

async function checkEstablished(api: Api): Promise<void> {
  interface Definition {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const { items } = await api.json<{ items: readonly Definition[] }>(
    'GET',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  );
  const late = items.filter(
    ({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') !== true,
  );
  if (late.length > 0) throw new Error(`Not served yet: ${late.map(({ metadata }) => metadata.name).join(', ')}`);
}

const probePolicy = {
  apiVersion: 'kyverno.io/v1',
  kind: 'ClusterPolicy',
  metadata: { name: 'probe' },
  spec: {
    rules: [
      {
        name: 'probe',
        match: { any: [{ resources: { kinds: ['Pod'] } }] },
        // An invalid variable: Kyverno's webhook refuses it, the CRD's schema does not.
        mutate: { patchStrategicMerge: { metadata: { labels: { probe: '{{ not.a.variable }}' } } } },
      },
    ],
  },
};

/**
 * Waits until Kyverno decides about policies: the webhooks are registered with this process's certificate, and a policy that only
 * Kyverno can find wrong is refused (a dry run). A policy applied from now on is taken up by it; when it is in force is for the caller
 * to see.
 */
export async function waitForKyverno(api: Api, daemon: Daemon): Promise<void> {
  await eventually(
    async () => {
      daemon.check();
      const response = await api.send('POST', '/apis/kyverno.io/v1/clusterpolicies?dryRun=All', probePolicy);
      if (response.status !== 400) throw new ApiStatusError('POST', 'clusterpolicies', response);
    },
    { timeoutMs: 60_000, intervalMs: 100, message: `Kyverno to answer for its webhooks (log: ${daemon.logPath})` },
  );
}
