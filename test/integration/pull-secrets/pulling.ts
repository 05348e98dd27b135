import type { World } from '../../support/world.js';

/** A Secret as the API server gives it. */
export interface StoredSecret {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly type: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Every pull Secret in the cluster: `namespace/name`, sorted. */
export async function pullSecrets(world: Pick<World, 'cluster'>): Promise<readonly StoredSecret[]> {
  const path = '/api/v1/secrets?labelSelector=registrymirror.io/credentials%3Dpull';
  return (await world.cluster.api.json<{ items: StoredSecret[] }>('GET', path)).items;
}

/** The namespaces, sorted, that have a pull Secret, without the operator's. */
export async function namespacesWithCopy(world: World): Promise<readonly string[]> {
  const namespaces = (await pullSecrets(world)).map(({ metadata }) => metadata.namespace);
  return [...new Set(namespaces)].filter((name) => name !== 'registry-mirror-system').sort();
}

/** The logins of a Secret, by what images begin with that they are for. */
export function loginsIn(secret: StoredSecret): Readonly<Record<string, Login>> {
  const text = Buffer.from(secret.data?.['.dockerconfigjson'] ?? '', 'base64').toString('utf8');
  return (JSON.parse(text) as { auths: Record<string, Login> }).auths;
}

/** The login that kubelet would find for an image in a Secret: by the longest key that the image begins with. */
export function loginFor(image: string, secret: StoredSecret): Login | undefined {
  const auths = loginsIn(secret);
  const key = Object.keys(auths)
    .filter((prefix) => image.startsWith(prefix))
    .sort()
    .at(-1);
  return key === undefined ? undefined : auths[key];
}

/** Asks for an image's manifest as a container runtime does, through the token service. @returns the status */
export async function pullStatus(world: World, image: string, login?: Login): Promise<number> {
  const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:/]+)$/.exec(image) ?? [];
  const query = new URLSearchParams({ service: 'harbor-registry', scope: `repository:${repository}:pull` });
  const basic = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const headers = basic === undefined ? {} : { authorization: `Basic ${basic}` };
  const answer = await fetch(`${world.harbor.url}/service/token?${query.toString()}`, { headers });
  if (!answer.ok) return answer.status;
  const { token } = (await answer.json()) as { token: string };
  const manifest = await fetch(`${world.harbor.url}/v2/${repository}/manifests/${tag}`, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
    },
  });
  await manifest.arrayBuffer();
  return manifest.status;
}
