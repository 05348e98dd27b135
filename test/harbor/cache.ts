import { createHash } from 'node:crypto';
import { isObject } from './body.js';
import type { Harbor } from './harbor.js';
import type { Artifact, Project, Repository } from './state.js';
import { now } from './state.js';

export interface Manifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The digests that a manifest names: blobs of an image, or the images of an index. */
export function partsOf(manifest: Manifest): {
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
} {
  const parsed: unknown = JSON.parse(manifest.bytes.toString('utf8'));
  if (!isObject(parsed)) return { blobs: [], manifests: [] };
  const { config, layers, manifests } = parsed;
  return { blobs: [...digestsIn([config]), ...digestsIn(layers)], manifests: digestsIn(manifests) };
}

function digestsIn(values: unknown): string[] {
  if (!Array.isArray(values)) return [];
  return values.filter(isObject).flatMap(({ digest }) => (typeof digest === 'string' ? [digest] : []));
}

export function cachedRepository(harbor: Harbor, project: Project, name: string): Repository | undefined {
  return harbor.state.repositories.find(
    (row) => row.projectId === project.id && row.name === `${project.name}/${name}`,
  );
}

/** The cached artifact that a tag or a digest means. */
export function cachedArtifact(repository: Repository | undefined, reference: string): Artifact | undefined {
  return repository?.artifacts.find(
    ({ digest, tags }) => digest === reference || tags.some(({ name }) => name === reference),
  );
}

export function cachedBlob(harbor: Harbor, project: Project, digest: string): Buffer | undefined {
  const blob = harbor.state.blobs.get(digest);
  return blob?.projectIds.has(project.id) === true ? blob.data : undefined;
}

export function keepBlob(harbor: Harbor, project: Project, digest: string, data: Buffer): void {
  const blob = harbor.state.blobs.get(digest) ?? { data, projectIds: new Set<number>() };
  blob.projectIds.add(project.id);
  harbor.state.blobs.set(digest, blob);
}

export interface CacheJob {
  readonly project: Project;
  readonly name: string;
  /** The tag under which it was pulled; undefined for a pull by digest. */
  readonly tag: string | undefined;
  readonly manifest: Manifest;
  /** Gets a blob of the image from upstream; undefined when that can't be done. */
  readonly fetchBlob: (digest: string) => Promise<Buffer | undefined>;
}

/** Copies what was pulled through a proxy into its cache, some time after the pull. */
export class CacheWriter {
  readonly #harbor: Harbor;
  #waiting: CacheJob[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(harbor: Harbor) {
    this.#harbor = harbor;
  }

  /** Takes a pulled image; without a cache delay it's in the cache when this returns. */
  async take(job: CacheJob): Promise<void> {
    this.#waiting.push(job);
    const delay = this.#harbor.settings.cacheDelayMs;
    if (delay === 0) await this.finish();
    else this.#timer ??= setTimeout(() => void this.finish(), delay).unref();
  }

  /** Does the copying that waits. An index waits on until an image of it is in the cache. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#running.then(() => this.#copyAll());
    await this.#running;
  }

  async #copyAll(): Promise<void> {
    const jobs = this.#waiting;
    this.#waiting = [];
    for (const job of jobs) if (!(await this.#copy(job))) this.#waiting.push(job);
  }

  /** Whether the job is done with, one way or another. */
  async #copy(job: CacheJob): Promise<boolean> {
    const { project, name, manifest } = job;
    if (this.#harbor.state.projects.get(project.id) === undefined) return true;
    const { blobs, manifests } = partsOf(manifest);
    const repository = cachedRepository(this.#harbor, project, name);
    if (manifests.length > 0 && !manifests.some((digest) => cachedArtifact(repository, digest) !== undefined))
      return false;
    const fetched = new Map<string, Buffer>();
    for (const digest of blobs) {
      const data = cachedBlob(this.#harbor, project, digest) ?? (await job.fetchBlob(digest));
      if (data === undefined) return true;
      fetched.set(digest, data);
    }
    const size = [...fetched.values()].reduce((sum, data) => sum + data.length, manifest.bytes.length);
    if (!this.#fits(project, size)) return true;
    for (const [digest, data] of fetched) keepBlob(this.#harbor, project, digest, data);
    this.#keep(job, size, [...blobs, ...manifests]);
    return true;
  }

  // Over its quota a project's pulls go on; only the copying stops.
  #fits(project: Project, size: number): boolean {
    const hard = this.#harbor.state.quotas.find((quota) => quota.projectId === project.id)?.hard ?? -1;
    return hard === -1 || this.#harbor.state.usedBy(project.id) + size <= hard;
  }

  #keep(job: CacheJob, size: number, parts: readonly string[]): void {
    const { state } = this.#harbor;
    const time = now();
    const repository =
      cachedRepository(this.#harbor, job.project, job.name) ??
      state.repositories.put({
        id: state.repositories.nextId(),
        projectId: job.project.id,
        name: `${job.project.name}/${job.name}`,
        artifacts: [],
        pullCount: 0,
        createdAt: time,
        updatedAt: time,
      });
    const digest = digestOf(job.manifest.bytes);
    const artifact = cachedArtifact(repository, digest) ?? {
      id: state.nextArtifactId(),
      digest,
      mediaType: job.manifest.mediaType,
      size,
      manifest: job.manifest.bytes,
      tags: [],
      pushedAt: time,
      parts,
    };
    const others = repository.artifacts.filter((one) => one.digest !== digest);
    if (job.tag !== undefined) {
      for (const other of others) other.tags = other.tags.filter(({ name }) => name !== job.tag);
      const kept = artifact.tags.filter(({ name }) => name !== job.tag);
      artifact.tags = [...kept, { id: state.nextArtifactId(), name: job.tag, pushedAt: time }];
    }
    repository.artifacts = [...others, artifact];
    repository.updatedAt = time;
  }
}
