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

export interface PullLogin {
  readonly username: string;
  readonly password: string;
}

interface Descriptor {
  readonly digest: string;
}

/** The registry, or its token service, answered with another status than 200. */
export class PullRefusedError extends Error {
  override readonly name = 'PullRefusedError';
  readonly status: number;

  constructor(url: string, status: number, body: string) {
    super(`GET ${url} was answered with ${status}: ${body}`);
    this.status = status;
  }
}

/**
 * Pulls an image as a container runtime does: asked to log in, it gets a token from the token service, then the manifest, then every blob, and
 * compares the digests.
 *
 * @param origin where the image's host is reached, `https://harbor.example.org`.
 * @param image `host/path:tag`.
 * @param login what the token service is shown; nothing where it is left out.
 * @throws PullRefusedError with the registry's answer where it refuses.
 */
export async function pull(origin: string, image: string, login?: PullLogin): Promise<Pulled> {
  const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:/]+)$/.exec(image) ?? [];
  const url = `${origin}/v2/${repository}`;
  const authorization = await authorize(`${url}/manifests/${tag}`, login);
  const manifest = await get(`${url}/manifests/${tag}`, authorization);
  const { config, layers } = JSON.parse(manifest.toString()) as { config: Descriptor; layers: readonly Descriptor[] };
  let bytes = manifest.length;
  for (const { digest } of [config, ...layers]) {
    const blob = await get(`${url}/blobs/${digest}`, authorization);
    if (digestOf(blob) !== digest) throw new Error(`The blob ${digest} of ${image} came with other content.`);
    bytes += blob.length;
  }
  return { digest: digestOf(manifest), blobs: layers.length + 1, bytes };
}

/** The Authorization header for a url, by what its challenge asks for; undefined where it asks for none. */
async function authorize(url: string, login: PullLogin | undefined): Promise<string | undefined> {
  const response = await fetch(url, { headers: { accept: MANIFEST_TYPES } });
  await response.arrayBuffer();
  if (response.status !== 401) return undefined;
  const challenge = response.headers.get('www-authenticate') ?? '';
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const query = new URLSearchParams({ service: part('service'), scope: part('scope') });
  const answer = await get(`${part('realm')}?${query.toString()}`, login && basic(login));
  const { token } = JSON.parse(answer.toString()) as { token: string };
  return `Bearer ${token}`;
}

function basic({ username, password }: PullLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function get(url: string, authorization: string | undefined): Promise<Buffer> {
  const headers = { accept: MANIFEST_TYPES, ...(authorization === undefined ? {} : { authorization }) };
  const response = await fetch(url, { headers });
  const body = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new PullRefusedError(url, response.status, body.toString());
  return body;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
