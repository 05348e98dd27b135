import { Refusal } from './answer.js';
import type { Manifest } from './cache.js';
import type { Harbor } from './harbor.js';
import { credentialOf, dockerHubUrl, trustsSelfSigned } from './registry-types.js';
import type { Endpoint, Project } from './state.js';
import { authorization } from './upstreams.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(',');

/** What an upstream has to say: content, that there is none, or nothing at all. */
export type Fetched<T> = T | 'missing' | 'unreachable';

const open = new WeakMap<Project, number>();

/** Fetches content from the upstream of a proxy project. */
export class UpstreamClient {
  readonly #harbor: Harbor;
  readonly #project: Project;
  readonly #endpoint: Endpoint;

  constructor(harbor: Harbor, project: Project, endpoint: Endpoint) {
    this.#harbor = harbor;
    this.#project = project;
    this.#endpoint = endpoint;
  }

  /** The digest that a tag has upstream. */
  async digest(
    name: string,
    reference: string,
  ): Promise<Fetched<{ readonly digest: string; readonly mediaType: string; readonly length: number }>> {
    const response = await this.#fetch('HEAD', `${name}/manifests/${reference}`);
    if (typeof response === 'string') return response;
    return {
      digest: response.headers.get('docker-content-digest') ?? '',
      mediaType: response.headers.get('content-type') ?? '',
      length: Number(response.headers.get('content-length') ?? 0),
    };
  }

  async manifest(name: string, reference: string): Promise<Fetched<Manifest>> {
    const response = await this.#fetch('GET', `${name}/manifests/${reference}`);
    if (typeof response === 'string') return response;
    const bytes = Buffer.from(await response.arrayBuffer());
    return { bytes, mediaType: response.headers.get('content-type') ?? '' };
  }

  async blob(name: string, digest: string): Promise<Fetched<Buffer>> {
    const response = await this.#fetch('GET', `${name}/blobs/${digest}`);
    return typeof response === 'string' ? response : Buffer.from(await response.arrayBuffer());
  }

  async tags(name: string): Promise<Fetched<unknown>> {
    const response = await this.#fetch('GET', `${name}/tags/list`);
    return typeof response === 'string' ? response : response.json();
  }

  async #fetch(method: string, path: string): Promise<Fetched<Response>> {
    const limit = Number(this.#project.metadata.max_upstream_conn ?? 0);
    const busy = open.get(this.#project) ?? 0;
    if (limit > 0 && busy >= limit) {
      throw new Refusal(429, 'TOO_MANY_REQUEST', 'too many requests to upstream registry');
    }
    open.set(this.#project, busy + 1);
    try {
      return await this.#request(method, path);
    } finally {
      open.set(this.#project, (open.get(this.#project) ?? 1) - 1);
    }
  }

  async #request(method: string, path: string): Promise<Fetched<Response>> {
    const { upstreams } = this.#harbor;
    const endpoint = this.#endpoint;
    const credential = credentialOf(endpoint);
    const given = endpoint.type === 'docker-hub' ? dockerHubUrl(upstreams, 'registry-1.docker.io') : endpoint.url;
    const request = { url: given, credential, trustsSelfSigned: trustsSelfSigned(endpoint) };
    const url = await upstreams.contentUrl(request);
    if (url === undefined) return 'unreachable';
    try {
      const headers = { Accept: manifestTypes, ...authorization(credential) };
      const response = await fetch(new URL(`/v2/${path}`, url), { method, headers });
      if (response.ok) return await buffered(response);
      await response.arrayBuffer();
      return response.status === 404 ? 'missing' : 'unreachable';
    } catch (error) {
      if (error instanceof TypeError) return 'unreachable'; // how fetch reports a connection that failed
      throw error;
    }
  }
}

// The connection counts as open until the whole content is here.
async function buffered(response: Response): Promise<Response> {
  return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
}
