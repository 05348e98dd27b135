import { createHash } from 'node:crypto';

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** What was fetched of an image. */
export interface Pulled {
  readonly digest: string;
  /** The config and the layers. */
  readonly blobs: number;
  readonly bytes: number;
}

interface Descriptor {
  readonly digest: string;
}

/**
 * Pulls an image as a container runtime does: asked to log in, it gets a token from the token service, then the manifest, then every blob, and
 * compares the digests.
 *
 * @param origin where the image's host is reached, `https://harbor.example.org`.
 * @param image `host/path:tag`.
 * @throws Error with the registry's answer where it refuses.
 */
export async function pull(origin: string, image: string): Promise<Pulled> {
  const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:/]+)$/.exec(image) ?? [];
  const url = `${origin}/v2/${repository}`;
  const token = await tokenFor(`${url}/manifests/${tag}`);
  const manifest = await get(`${url}/manifests/${tag}`, token);
  const { config, layers } = JSON.parse(manifest.toString()) as { config: Descriptor; layers: readonly Descriptor[] };
  let bytes = manifest.length;
  for (const { digest } of [config, ...layers]) {
    const blob = await get(`${url}/blobs/${digest}`, token);
    if (digestOf(blob) !== digest) throw new Error(`The blob ${digest} of ${image} came with other content.`);
    bytes += blob.length;
  }
  return { digest: digestOf(manifest), blobs: layers.length + 1, bytes };
}

async function tokenFor(url: string): Promise<string | undefined> {
  const response = await fetch(url, { headers: { accept: MANIFEST_TYPES } });
  await response.arrayBuffer();
  if (response.status !== 401) return undefined;
  const challenge = response.headers.get('www-authenticate') ?? '';
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const query = new URLSearchParams({ service: part('service'), scope: part('scope') });
  const { token } = JSON.parse((await get(`${part('realm')}?${query.toString()}`)).toString()) as { token: string };
  return token;
}

async function get(url: string, token?: string): Promise<Buffer> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers: { accept: MANIFEST_TYPES, ...authorization } });
  const body = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`GET ${url} was answered with ${response.status}: ${body.toString()}`);
  return body;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
