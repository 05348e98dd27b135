import { z } from 'zod';
import type { HarborStandIn, Project } from '../harbor/index.js';
import { now } from '../harbor/state.js';
import type { State } from '../harbor/state.js';
import type { Exchange } from './recording.js';

/**
 * For recordings that hold single calls out of a long run: puts there what the recorded answer shows, or what the call
 * needs to succeed as it did, before it is replayed.
 */
export function putWhatIsShown(harbor: HarborStandIn, exchange: Exchange): void {
  const { request, response } = exchange;
  if (request === undefined || response === undefined || response.status >= 300) return;
  const path = request.path.replace('/api/v2.0', '').replace(/\?.*/, '');
  const isFiltered = /[?&](q|reference_id)=/.test(request.path);
  const registryId = newProject.safeParse(request.body).data?.registry_id;
  if (registryId !== undefined) putNeeded(harbor, `/registries/${registryId}`);
  else if (request.method !== 'GET') putNeeded(harbor, path);
  else if (!isFiltered) putShown(harbor, path, response.body, Number(response.headers?.['x-total-count']));
}

const newProject = z.object({ registry_id: z.number() });
const endpoint = z.object({
  id: z.number(),
  name: z.string(),
  description: z.string().default(''),
  type: z.string(),
  url: z.string(),
  insecure: z.boolean().default(false),
  ca_certificate: z.string().default(''),
  credential: z.object({ access_key: z.string().default(''), type: z.string().default('') }),
  status: z.enum(['healthy', 'unhealthy']),
  creation_time: z.string(),
  update_time: z.string(),
});
const project = z.object({
  project_id: z.number(),
  name: z.string(),
  registry_id: z.number().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  repo_count: z.number(),
  creation_time: z.string(),
  update_time: z.string(),
});
const quota = z.object({
  id: z.number(),
  hard: z.object({ storage: z.number() }),
  used: z.object({ storage: z.number() }),
  ref: z.object({ id: z.number(), name: z.string() }),
  creation_time: z.string(),
  update_time: z.string(),
});
const repository = z.object({
  id: z.number(),
  name: z.string(),
  project_id: z.number(),
  artifact_count: z.number(),
  creation_time: z.string(),
  update_time: z.string(),
});
const robot = z.object({
  id: z.number(),
  name: z.string(),
  description: z.string().default(''),
  duration: z.number(),
  expires_at: z.number(),
  permissions: z.array(
    z.object({
      kind: z.string(),
      namespace: z.string(),
      access: z.array(z.object({ resource: z.string(), action: z.string() })),
    }),
  ),
  creation_time: z.string(),
  update_time: z.string(),
});

const times = (row: { readonly creation_time: string; readonly update_time: string }) => ({
  createdAt: row.creation_time,
  updatedAt: row.update_time,
});

function putShown(harbor: HarborStandIn, path: string, body: unknown, total: number): void {
  if (path === '/registries') putEndpoints(harbor, z.array(endpoint).parse(body), total);
  else if (path === '/projects') putProjects(harbor, z.array(project).parse(body));
  else if (path === '/quotas') putQuotas(harbor, z.array(quota).parse(body));
  else if (path === '/robots') putRobots(harbor, z.array(robot).parse(body));
  else if (path.endsWith('/repositories')) putRepositories(harbor, path, z.array(repository).parse(body));
  else putNeeded(harbor, path);
}

/** All endpoints; where a page shows only some of them, any others make up the total. */
function putEndpoints({ state }: HarborStandIn, rows: readonly z.infer<typeof endpoint>[], total: number): void {
  state.endpoints.clear();
  for (const { credential, ca_certificate: caCertificate, ...row } of rows) {
    const login = { credentialType: credential.type, accessKey: credential.access_key, accessSecret: 'x' };
    state.endpoints.put({ ...row, ...login, ...times(row), caCertificate });
  }
  for (let id = 1000; state.endpoints.size < total; id += 1) putEndpoint(state, id);
}

function putEndpoint(state: State, id: number): void {
  state.endpoints.put({
    id,
    name: `endpoint-${id}`,
    description: '',
    type: 'docker-registry',
    url: 'http://127.0.0.1:5055',
    insecure: false,
    caCertificate: '',
    credentialType: '',
    accessKey: '',
    accessSecret: '',
    status: 'healthy',
    createdAt: now(),
    updatedAt: now(),
  });
}

function putProjects({ state }: HarborStandIn, rows: readonly z.infer<typeof project>[]): void {
  const known = new Map(state.projects.all().map(({ id, metadata }) => [id, metadata]));
  state.projects.clear();
  state.repositories.clear();
  for (const row of rows) {
    const metadata = row.metadata ?? known.get(row.project_id) ?? { public: 'true' };
    putProject(state, row.project_id, row.name, row.registry_id, metadata);
    for (let number = 0; number < row.repo_count; number += 1) putRepository(state, row.project_id, `r${number}`);
  }
}

function putProject(
  state: State,
  id: number,
  name: string,
  registryId: number | undefined,
  metadata: Record<string, string>,
): Project {
  const owner = { ownerId: 1, ownerName: 'admin' };
  const time = now();
  return state.projects.put({
    id,
    name,
    registryId,
    metadata,
    allowlist: [],
    ...owner,
    createdAt: time,
    updatedAt: time,
  });
}

/** One artifact without a manifest takes the room that the project is said to use. */
function putRepository(
  state: State,
  projectId: number,
  name: string,
  bytes = 0,
  id = state.repositories.nextId(),
): void {
  const time = now();
  const part = `sha256:${projectId}`;
  state.blobs.set(part, { data: Buffer.alloc(bytes), projectIds: new Set([projectId]) });
  const artifact = { id: 1, digest: 'sha256:1', mediaType: '', size: bytes, tags: [], pushedAt: time, parts: [part] };
  state.repositories.put({
    id,
    projectId,
    name: `${state.projects.get(projectId)?.name ?? ''}/${name}`,
    artifacts: [{ ...artifact, manifest: Buffer.alloc(0) }],
    pullCount: 0,
    createdAt: time,
    updatedAt: time,
  });
}

function putQuotas({ state }: HarborStandIn, rows: readonly z.infer<typeof quota>[]): void {
  state.quotas.clear();
  for (const { id, ref, hard, used, ...row } of rows) {
    if (state.projects.get(ref.id) === undefined) putProject(state, ref.id, ref.name, 1, { public: 'true' });
    for (const { id: old } of state.repositoriesOf(ref.id)) state.repositories.delete(old);
    if (used.storage > 0) putRepository(state, ref.id, 'used', used.storage);
    state.quotas.put({ id, projectId: ref.id, hard: hard.storage, ...times(row) });
  }
}

function putRepositories({ state }: HarborStandIn, path: string, rows: readonly z.infer<typeof repository>[]): void {
  const name = path.split('/')[2] ?? '';
  const owner = state.projectNamed(name) ?? putProject(state, state.projects.nextId(), name, 1, { public: 'true' });
  for (const { id } of state.repositoriesOf(owner.id)) state.repositories.delete(id);
  for (const row of rows) {
    putRepository(state, owner.id, row.name.slice(name.length + 1), 0, row.id);
  }
}

function putRobots({ state }: HarborStandIn, rows: readonly z.infer<typeof robot>[]): void {
  const secrets = new Map(state.robots.all().map(({ name, secret }) => [name, secret]));
  state.robots.clear();
  for (const { name, expires_at: expiresAt, ...row } of rows) {
    const creator = { creatorRef: 1, creatorType: 'local' as const };
    const stored = name.slice('robot$'.length);
    const login = { name: stored, secret: secrets.get(stored) ?? 'x', level: 'system' as const, projectId: 0 };
    state.robots.put({ ...row, ...login, ...creator, ...times(row), expiresAt, disable: false });
  }
}

/** What a path names, if it isn't there: an empty project, an endpoint without projects, and so on. */
function putNeeded({ state }: HarborStandIn, path: string): void {
  const [, kind = '', name = '', , inner = ''] = path.split('/');
  const id = Number(name);
  if (kind === 'registries' && state.endpoints.get(id) === undefined) putEndpoint(state, id);
  if (kind !== 'projects') return;
  const known = Number.isNaN(id) ? state.projectNamed(name) : state.projects.get(id);
  const owner = known ?? putProject(state, state.projects.nextId(), name, 1, { public: 'true' });
  const repositoryName = decodeURIComponent(decodeURIComponent(inner));
  const isCached = state.repositoriesOf(owner.id).some((one) => one.name === `${owner.name}/${repositoryName}`);
  if (inner !== '' && !isCached) putRepository(state, owner.id, repositoryName);
}
