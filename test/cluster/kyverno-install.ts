import { readFile } from 'node:fs/promises';
import { eventually } from '../support/wait.js';
import type { Daemon } from '../support/daemons.js';
import { ApiStatusError } from './api.js';
import type { Api } from './api.js';
import { kyvernoNamespace, kyvernoSecrets } from './kyverno.js';

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
  Secret: '/api/v1/namespaces/{namespace}/secrets',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings',
};

function collectionOf(object: Manifest): string {
  const path = collections[object.kind];
  if (path === undefined) throw new Error(`Kyverno's manifest has a ${object.kind}, which is not installed here.`);
  return path.replace('{namespace}', object.metadata.namespace ?? 'default');
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/**
 * Creates Kyverno's objects in a fresh cluster, its namespace first, and waits until all its kinds are served. `certificate` and `key`
 * (PEM) become its webhook server's: `certificate` holds the server's own first, then the one that signed it.
 */
export async function installKyverno(api: Api, manifestsPath: string, certificate: string, key: string): Promise<void> {
  const manifests = JSON.parse(await readFile(manifestsPath, 'utf8')) as readonly Manifest[];
  const objects = [...manifests, ...certificateSecrets(certificate, key)];
  const create = async (object: Manifest): Promise<void> => {
    await api.json('POST', collectionOf(object), object);
  };
  await Promise.all(objects.filter((object) => object.kind === 'Namespace').map(create));
  await Promise.all(objects.filter((object) => object.kind !== 'Namespace').map(create));
  const definitions = objects.filter(
    (object) => object.kind === 'CustomResourceDefinition',
  ) as unknown as readonly Definition[];
  await Promise.all(definitions.map((definition) => warmUp(api, definition)));
}

/**
 * Kyverno makes its certificates itself if it finds none, but takes seconds for it: it tries again each second until both exist. These are
 * not labelled as its own, so it leaves them alone.
 */
function certificateSecrets(certificate: string, key: string): readonly Manifest[] {
  const [server = '', signer = ''] = certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
  const secret = (name: string, crt: string): Manifest & Record<string, unknown> => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace: kyvernoNamespace },
    stringData: { 'tls.crt': crt, 'tls.key': key },
  });
  return [secret(kyvernoSecrets.signer, signer), secret(kyvernoSecrets.server, server)];
}

/**
 * Lists each version of a kind until the API server can: the first request for it starts its cache, and until that is filled a watch is
 * answered "try again in a second". Kyverno would see that three times, one after the other.
 */
async function warmUp(api: Api, { metadata, spec }: Definition): Promise<void> {
  const versions = spec.versions.filter((version) => version.served);
  await Promise.all(
    versions.map((version) =>
      eventually(
        () => api.json('GET', `/apis/${spec.group}/${version.name}/${spec.names.plural}?limit=1&resourceVersion=0`),
        {
          timeoutMs: 30_000,
          intervalMs: 100,
          message: `${metadata.name} ${version.name} to be served`,
        },
      ),
    ),
  );
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
