import type { Answer } from './answer.js';
import { Refusal, denied, internal, notFound, unauthorized } from './answer.js';
import { isObject } from './body.js';
import type { Manifest } from './cache.js';
import { cachedArtifact, cachedBlob, cachedRepository, digestOf, keepBlob } from './cache.js';
import type { Call, Identity } from './call.js';
import type { Harbor } from './harbor.js';
import { mayOnProject } from './permissions.js';
import type { Artifact, Endpoint, Project } from './state.js';
import { requireServed } from './proxy-filter.js';
import { tokenOf } from './token.js';
import { UpstreamClient } from './upstream-client.js';

const version = { 'Docker-Distribution-Api-Version': 'registry/2.0' } as const;
const databaseGone =
  'failed to connect to `user=postgres database=registry`: 127.0.0.1:15432 (127.0.0.1): dial error: dial tcp 127.0.0.1:15432: connect: connection refused';

interface Target {
  readonly project: string;
  /** Within the project. */
  readonly name: string;
  readonly kind: 'manifests' | 'blobs' | 'tags' | 'uploads';
  readonly reference: string;
}

function parse(path: string): Target | undefined {
  const match = /^\/v2\/([^/]+)\/(.+)\/(manifests|blobs|tags)\/([^/]+)(\/.*)?$/.exec(path);
  const [, project, name, kind, reference] = match ?? [];
  if (project === undefined || name === undefined || reference === undefined) return undefined;
  if (kind === 'blobs' && reference === 'uploads') return { project, name, kind: 'uploads', reference };
  return { project, name, kind: kind === 'manifests' || kind === 'blobs' ? kind : 'tags', reference };
}

/** Who pulls: a token's owner, or whoever the basic login says. */
function puller(call: Call, scope: string): Identity {
  const header = call.headers.authorization ?? '';
  if (!header.startsWith('Bearer ')) return call.identity;
  const token = tokenOf(call.harbor, header.slice('Bearer '.length));
  if (token === undefined) return { kind: 'anonymous' };
  const covers = token.scopes.some((one) => one.startsWith(`repository:${scope}:`));
  return covers ? token.identity : { kind: 'anonymous' };
}

function challenge(call: Call, scope: string | undefined): Refusal {
  const service = `Bearer realm="${call.harbor.url}/service/token",service="harbor-registry"`;
  const message =
    scope === undefined
      ? 'unauthorized: unauthorized'
      : 'authorize header needed to send HEAD to repository: authorize header needed to send HEAD to repository';
  return new Refusal(401, 'UNAUTHORIZED', message, {
    ...version,
    'Www-Authenticate': scope === undefined ? service : `${service},scope="repository:${scope}:pull"`,
  });
}

function requirePull(call: Call, target: Target): Project {
  const repository = `${target.project}/${target.name}`;
  if (call.headers.authorization === undefined) throw challenge(call, repository);
  if (call.harbor.broken.database) {
    throw new Refusal(401, 'UNAUTHORIZED', `${databaseGone}: ${databaseGone}`, { ...version, 'Www-Authenticate': '' });
  }
  const identity = puller(call, repository);
  const project = call.harbor.state.projectNamed(target.project);
  if (project !== undefined && mayOnProject(identity, project, 'repository', 'pull')) return project;
  if (project === undefined && identity.kind === 'user' && identity.admin) {
    throw notFound(`project ${target.project} not found`);
  }
  const why = `unauthorized to access repository: ${repository}, action: pull`;
  throw new Refusal(401, 'UNAUTHORIZED', `${why}: ${why}`, { ...version, 'Www-Authenticate': 'Basic realm="harbor"' });
}

/** The registry's own API, below /v2. */
export async function pull(call: Call): Promise<Answer> {
  const { harbor, path } = call;
  if (path === '/v2' || path === '/v2/') {
    if (call.identity.kind === 'anonymous') throw challenge(call, undefined);
    return { status: 200, headers: { ...version, 'Content-Type': 'application/json; charset=utf-8' }, body: {} };
  }
  const target = parse(path);
  if (target === undefined) throw notFound(`path ${path} was not found`);
  const project = requirePull(call, target);
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    if (project.registryId === undefined) throw unauthorized();
    throw denied(`denied: can not push artifact to a proxy project: ${project.name}`);
  }
  return new Pull(harbor, project, target, call.method === 'HEAD').answer();
}

/** One pull of a manifest, a blob or a list of tags from a project. */
class Pull {
  readonly #harbor: Harbor;
  readonly #project: Project;
  readonly #target: Target;
  readonly #isHead: boolean;

  constructor(harbor: Harbor, project: Project, target: Target, isHead: boolean) {
    this.#harbor = harbor;
    this.#project = project;
    this.#target = target;
    this.#isHead = isHead;
  }

  async answer(): Promise<Answer> {
    const endpoint = this.#endpoint();
    const { name, kind, reference } = this.#target;
    if (endpoint?.type === 'docker-hub' && !name.includes('/')) return this.#toLibrary();
    if (this.#harbor.has('proxy_cache_filter_pattern')) requireServed(this.#project.metadata, name);
    // While the endpoint's status says unhealthy only the cache is asked, even if the upstream is back.
    const upstream =
      endpoint?.status === 'healthy' ? new UpstreamClient(this.#harbor, this.#project, endpoint) : undefined;
    switch (kind) {
      case 'manifests':
        return reference.startsWith('sha256:') ? this.#byDigest(upstream) : this.#byTag(upstream);
      case 'blobs':
        return this.#blob(upstream);
      case 'tags':
        return this.#tags(upstream);
      case 'uploads':
        throw unauthorized();
    }
  }

  #endpoint(): Endpoint | undefined {
    const { registryId } = this.#project;
    if (registryId === undefined) return undefined;
    const endpoint = this.#harbor.state.endpoints.get(registryId);
    if (endpoint === undefined) throw notFound(`registry ${registryId} not found`);
    return endpoint;
  }

  #toLibrary(): Answer {
    const { project, name, kind, reference } = this.#target;
    const location = `/v2/${project}/library/${name}/${kind}/${reference}`;
    return {
      status: 301,
      headers: { Location: location, 'Content-Type': 'text/html; charset=utf-8' },
      raw: `<a href="${location}">Moved Permanently</a>.\n\n`,
    };
  }

  get #repositoryName(): string {
    return `${this.#project.name}/${this.#target.name}`;
  }

  #cached(reference = this.#target.reference): Artifact | undefined {
    return cachedArtifact(cachedRepository(this.#harbor, this.#project, this.#target.name), reference);
  }

  #local(artifact: Artifact | undefined): Answer {
    const repository = cachedRepository(this.#harbor, this.#project, this.#target.name);
    if (repository === undefined) throw notFound(`repository ${this.#repositoryName} not found`);
    const { reference } = this.#target;
    if (artifact === undefined) {
      throw notFound(
        `artifact ${this.#repositoryName}${reference.startsWith('sha256:') ? '@' : ':'}${reference} not found`,
      );
    }
    if (this.#harbor.broken.registry) return { status: 502 };
    if (!this.#isHead) repository.pullCount += 1;
    return {
      status: 200,
      headers: {
        ...version,
        'Content-Type': artifact.mediaType,
        'Docker-Content-Digest': artifact.digest,
        Etag: `"${artifact.digest}"`,
      },
      raw: artifact.manifest,
    };
  }

  async #byDigest(upstream: UpstreamClient | undefined): Promise<Answer> {
    const cached = this.#cached();
    const { name, reference } = this.#target;
    if (cached !== undefined || upstream === undefined) return this.#local(cached);
    const manifest = await upstream.manifest(name, reference);
    if (manifest === 'unreachable') return this.#local(undefined);
    if (manifest === 'missing')
      throw notFound(`resource not found: repo ${this.#repositoryName}, digest ${reference} not found`);
    return this.#through(upstream, manifest, reference);
  }

  async #byTag(upstream: UpstreamClient | undefined): Promise<Answer> {
    const { name, reference } = this.#target;
    if (upstream === undefined) return this.#local(this.#cached());
    const remote = await upstream.digest(name, reference);
    if (remote === 'unreachable') return this.#local(this.#cached());
    if (remote === 'missing') {
      const cached = this.#cached();
      const keeps = this.#project.metadata.proxy_cache_local_on_not_found === 'true';
      if (keeps && cached !== undefined) return this.#local(cached);
      throw notFound(`resource not found: repo ${this.#repositoryName}, tag ${reference} not found`);
    }
    const cached = this.#cached(remote.digest);
    if (cached !== undefined) return this.#local(cached);
    if (this.#isHead) return headAnswer(remote);
    const manifest = await upstream.manifest(name, reference);
    if (typeof manifest === 'string') return this.#local(this.#cached());
    // Only of an index does Harbor say the digest, the first time that it's pulled by its tag.
    const isIndex = /index|list/.test(manifest.mediaType);
    return this.#through(upstream, manifest, isIndex ? digestOf(manifest.bytes) : '');
  }

  /** Hands an upstream's manifest through and has it cached. */
  async #through(upstream: UpstreamClient, manifest: Manifest, digest: string): Promise<Answer> {
    const { name, reference } = this.#target;
    if (!this.#isHead) {
      await this.#harbor.cache.take({
        project: this.#project,
        name,
        tag: reference.startsWith('sha256:') ? undefined : reference,
        manifest,
        fetchBlob: async (part) => {
          const blob = await upstream.blob(name, part);
          return typeof blob === 'string' ? undefined : blob;
        },
      });
    }
    return {
      status: 200,
      headers: { 'Content-Type': manifest.mediaType, 'Docker-Content-Digest': digest, Etag: digest },
      raw: manifest.bytes,
    };
  }

  async #blob(upstream: UpstreamClient | undefined): Promise<Answer> {
    const { name, reference } = this.#target;
    const cached = cachedBlob(this.#harbor, this.#project, reference);
    if (cached !== undefined) return this.#harbor.broken.registry ? { status: 502 } : blobAnswer(reference, cached);
    const data = (await upstream?.blob(name, reference)) ?? 'unreachable';
    if (data === 'unreachable') throw internal();
    if (data === 'missing') {
      const unknown = [{ code: 'BLOB_UNKNOWN', message: 'blob unknown to registry', detail: reference }];
      throw notFound(`http status code: 404, body: ${JSON.stringify({ errors: unknown })}\n`);
    }
    keepBlob(this.#harbor, this.#project, reference, data);
    return blobAnswer(reference, data);
  }

  async #tags(upstream: UpstreamClient | undefined): Promise<Answer> {
    const repository = cachedRepository(this.#harbor, this.#project, this.#target.name);
    const own = repository?.artifacts.flatMap(({ tags }) => tags.map(({ name }) => name)) ?? [];
    const remote = (await upstream?.tags(this.#target.name)) ?? 'unreachable';
    const theirs = isObject(remote) && Array.isArray(remote.tags) ? (remote.tags as string[]) : [];
    const tags = [...own, ...theirs];
    if (tags.length === 0) throw notFound(`repository ${this.#repositoryName} not found`);
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: { name: this.#repositoryName, tags: [...new Set(tags)].sort() },
    };
  }
}

function headAnswer(remote: { readonly digest: string; readonly mediaType: string; readonly length: number }): Answer {
  return {
    status: 200,
    headers: {
      'Content-Type': remote.mediaType,
      'Content-Length': String(remote.length),
      'Docker-Content-Digest': remote.digest,
      Etag: remote.digest,
    },
  };
}

function blobAnswer(digest: string, data: Buffer): Answer {
  return {
    status: 200,
    headers: {
      ...version,
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'max-age=31536000',
      'Content-Type': 'application/octet-stream',
      'Docker-Content-Digest': digest,
      Etag: `"${digest}"`,
    },
    raw: data,
  };
}
