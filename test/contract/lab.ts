import type { Endpoint, HarborOptions, HarborStandIn, Login, Permission, Project } from '../harbor/index.js';
import { startHarbor } from '../harbor/index.js';
import { insertRobot } from '../harbor/robots.js';
import { startUpstreamRegistry, imageType, indexType } from '../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../harbor/upstream-registry.js';
import { basic, callApi, send } from './http.js';

/** What Python's json.dumps writes: the recorded images' digests are of that. */
export function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`)
    .join(', ')}}`;
}

const config = (digest: string): object => ({
  digest: `sha256:${digest}`,
  mediaType: 'application/vnd.oci.image.config.v1+json',
  size: 229,
});
const layer = (digest: string, size: number): object => ({
  digest: `sha256:${digest}`,
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  size,
});

interface LabImage {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly config: string;
  readonly layer: string;
  readonly layerSize: number;
}

/** The images that lay in the upstream registry of the recordings, by digests and sizes. */
const images: readonly LabImage[] = [
  {
    repository: 'atlas/athena',
    tags: ['v1'],
    config: '3e15df80660d7561a77e8676975d320e7501cf78f4222633ab861e162dd61f89',
    layer: '70b358ccf88a01be5b61f64f7c6c4d338f8d0c49bda7ec337600723248a411c7',
    layerSize: 131,
  },
  {
    repository: 'atlas/athena',
    tags: ['v2'],
    config: 'cebcd27f8f14094381f2ce07ac7e6bb5b856389b416fe8bbd0112f4574f98c08',
    layer: '69ea6b370a0b5b09d5004f347dd5987a64cea05a0b169c4e25c34f619990a37a',
    layerSize: 131,
  },
  {
    repository: 'atlas/multiarch',
    tags: [],
    config: 'a62fbbfe0a83fcbbd3bebb63fd5f0e93857a4aefa1997412399e11b88a8a7c16',
    layer: '81ef3c8043e546370df70085b5fa2945dbb8331a25662b95bde3e8b87d70055e',
    layerSize: 138,
  },
  {
    repository: 'atlas/deep/er/nested',
    tags: ['v1'],
    config: '4e1fe236312e5cb9cce4bbc8dd2fc07f22341535eacd13e55516c6ec6d1498e2',
    layer: '05554d93134ed88afda8e3123edd229a68e6fc52646bcd977fe3d878f516f693',
    layerSize: 137,
  },
  {
    repository: 'library/busybox',
    tags: ['1.0', 'latest'],
    config: '7fd1ec006f443d9d05e8efdf1f509fbaf5a483a9966069b3fa96552044758f28',
    layer: 'ee4df54e45b89ac3acdcb815e693566652da2ee580cb7092dd4aba61209ec9f4',
    layerSize: 137,
  },
];

const athenaConfig = {
  architecture: 'amd64',
  config: { Cmd: ['/bin/hello'] },
  created: '2024-01-01T00:00:00Z',
  os: 'linux',
  rootfs: {
    diff_ids: ['sha256:e14523d583774385e1b5027148b955283dfd8d8da0675bd346dfbb4b754f7b60'],
    type: 'layers',
  },
};

const child = (digest: string, architecture: string): object => ({
  digest: `sha256:${digest}`,
  mediaType: imageType,
  platform: { architecture, os: 'linux' },
  size: 418,
});

function fill(upstream: UpstreamRegistry): void {
  for (const image of images) {
    const manifest = {
      config: config(image.config),
      layers: [layer(image.layer, image.layerSize)],
      mediaType: imageType,
      schemaVersion: 2,
    };
    for (const tag of [undefined, ...image.tags]) {
      upstream.addManifest(image.repository, manifest, imageType, tag, spaced(manifest));
    }
    upstream.addBlob(Buffer.alloc(229, ' '), `sha256:${image.config}`);
    upstream.addBlob(Buffer.alloc(image.layerSize, 'x'), `sha256:${image.layer}`);
  }
  upstream.addBlob(Buffer.from(spaced(athenaConfig)), `sha256:${images[0]?.config ?? ''}`);
  const index = {
    manifests: [
      child('825a4eee69e126bab300d8dcf4e37dbd85290724aea8a46558d15b8b8d74dd5c', 'amd64'),
      child('e26b10d12ee0adfb5047bbb4348435f7a0ad44bf7f05403fa95b6dfdf7c009dd', 'arm64'),
    ],
    mediaType: indexType,
    schemaVersion: 2,
  };
  upstream.addManifest('atlas/multiarch', index, indexType, 'v1', spaced(index));
}

const upstreamHosts = ['127.0.0.1:5050', 'localhost:5050'] as const;

/** The place of the recordings: a fresh stand-in, and an upstream registry at 127.0.0.1:5050; nothing at :5999. */
export class Lab {
  readonly harbor: HarborStandIn;
  readonly upstream: UpstreamRegistry;
  /** For what a step leaves behind for a later one. */
  pending: Promise<unknown> = Promise.resolve();

  constructor(harbor: HarborStandIn, upstream: UpstreamRegistry) {
    this.harbor = harbor;
    this.upstream = upstream;
  }

  async stop(): Promise<void> {
    await this.harbor.stop();
    await this.upstream.stop();
  }

  /** Starts or stops the upstream registry. */
  setUpstream(state: 'up' | 'down'): void {
    for (const host of upstreamHosts) this.harbor.setUpstream(host, state);
  }

  addEndpoint(id: number, name: string, changes: Partial<Endpoint> = {}): Endpoint {
    const { endpoints } = this.harbor.state;
    endpoints.reserve(id + 1);
    const time = new Date().toISOString();
    return endpoints.put({
      id,
      name,
      description: '',
      type: 'docker-registry',
      url: 'http://127.0.0.1:5050',
      insecure: true,
      caCertificate: '',
      credentialType: '',
      accessKey: '',
      accessSecret: '',
      status: 'healthy',
      createdAt: time,
      updatedAt: time,
      ...changes,
    });
  }

  /** Makes a project as its owner would, with the ids that the recording has for it. */
  async addProject(
    name: string,
    ids: { readonly project: number; readonly retention?: number; readonly quota?: number },
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<Project> {
    const { state } = this.harbor;
    state.projects.reserve(ids.project);
    if (ids.retention !== undefined) state.retentions.reserve(ids.retention);
    if (ids.quota !== undefined) state.quotas.reserve(ids.quota);
    const answer = await callApi(this.harbor, this.harbor.admin, 'POST', '/projects', { project_name: name, ...body });
    const project = this.harbor.project(name);
    if (project === undefined) throw new Error(`project ${name} was not made: ${answer.body}`);
    return project;
  }

  addRobot(id: number, name: string, secret: string, permissions: readonly Permission[], project?: Project): void {
    const { robots } = this.harbor.state;
    robots.reserve(id);
    const robot = insertRobot(
      { state: this.harbor.state },
      { name, level: project === undefined ? 'system' : 'project', projectId: project?.id ?? 0, permissions },
    );
    robot.secret = secret;
  }

  /** A token as a client gets it. */
  async token(repository: string, login: Login | undefined): Promise<string> {
    const answer = await send(this.harbor.url, {
      method: 'GET',
      path: `/service/token?service=harbor-registry&scope=repository:${repository}:pull`,
      headers: login === undefined ? {} : { authorization: basic(login.username, login.password) },
    });
    return (JSON.parse(answer.body) as { readonly token: string }).token;
  }

  /** Pulls an image through a project, and has it in the cache afterwards. */
  async pull(repository: string, tag: string): Promise<void> {
    await send(this.harbor.url, {
      method: 'GET',
      path: `/v2/${repository}/manifests/${tag}`,
      headers: { authorization: basic(this.harbor.admin.username, this.harbor.admin.password) },
    });
    await this.harbor.finishCaching();
  }

  /** Deletes what's cached of a project, behind the API's back. */
  empty(projectName: string): void {
    for (const repository of this.harbor.cached(projectName)) this.harbor.state.repositories.delete(repository.id);
  }

  delete(path: string): Promise<unknown> {
    return callApi(this.harbor, this.harbor.admin, 'DELETE', path);
  }
}

export async function startLab(options: HarborOptions = {}): Promise<Lab> {
  const upstream = await startUpstreamRegistry();
  fill(upstream);
  const harbor = await startHarbor({ cacheDelayMs: 600_000, healthLagMs: 600_000, ...options });
  for (const host of upstreamHosts) harbor.mapHost(host, { url: upstream.url });
  harbor.mapHost('registry-1.docker.io', { url: upstream.url });
  harbor.setUpstream('127.0.0.1:5999', 'down');
  harbor.setUpstream('localhost:8085', { username: 'admin', password: 'Harbor12345' });
  return new Lab(harbor, upstream);
}
