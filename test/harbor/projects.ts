import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './answer.js';
import { badRequest, conflict, created, forbidden, internal, invalid, notFound, ok, precondition } from './answer.js';
import type { Fields, Shape } from './body.js';
import { isObject, readBody } from './body.js';
import type { Call } from './call.js';
import { headerOf, paramOf } from './call.js';
import type { Harbor } from './harbor.js';
import type { Columns } from './list.js';
import { listed, matching, parseQuery } from './list.js';
import { findProject, mayOnProject, mayOnSystem, requireLogin, requireProject } from './permissions.js';
import { checkNewMetadata, keptMetadata, metadataShape } from './project-metadata.js';
import { checkFilter } from './proxy-filter.js';
import { checkHard } from './quotas.js';
import { described } from './registries.js';
import { makeAutomaticPolicy } from './retentions.js';
import type { Project } from './state.js';
import { now } from './state.js';

const shape: Shape = {
  struct: 'ProjectReq',
  fields: {
    project_name: 'string',
    public: 'bool',
    registry_id: 'int64',
    storage_limit: 'int64',
    metadata: metadataShape,
    cve_allowlist: { struct: 'CVEAllowlist', fields: { project_id: 'int64', items: 'array' } },
  },
};

const columns: Columns<Project> = {
  project_id: (row) => row.id,
  name: (row) => row.name,
  registry_id: (row) => row.registryId ?? 0,
  owner_id: (row) => row.ownerId,
  public: (row) => row.metadata.public,
  creation_time: (row) => row.createdAt,
  update_time: (row) => row.updatedAt,
};

const never = '0001-01-01T00:00:00.000Z';

/** A project as the API shows it to the caller; the roles are those of a user, a robot has none. */
function shown(call: Call, project: Project, isDetailed = true): Record<string, unknown> {
  const { identity, harbor } = call;
  const isMember = identity.kind === 'user' && (identity.admin || identity.id === project.ownerId);
  return {
    creation_time: project.createdAt,
    ...(isMember ? { current_user_role_id: 1, current_user_role_ids: [1] } : { current_user_role_ids: null }),
    cve_allowlist: {
      creation_time: never,
      ...(isDetailed ? { id: project.id, items: project.allowlist, project_id: project.id } : { items: null }),
      update_time: never,
    },
    ...(isDetailed ? { metadata: project.metadata } : {}),
    name: project.name,
    owner_id: project.ownerId,
    ...(isDetailed ? { owner_name: project.ownerName } : {}),
    project_id: project.id,
    ...(project.registryId === undefined ? {} : { registry_id: project.registryId }),
    repo_count: harbor.state.repositoriesOf(project.id).length,
    update_time: project.updatedAt,
  };
}

/** Whether the list shows a project to the caller: public ones, and those that the caller has to do with. */
function isListed(call: Call, project: Project): boolean {
  const { identity } = call;
  if (project.metadata.public === 'true' || mayOnSystem(identity, 'project', 'list')) return true;
  switch (identity.kind) {
    case 'anonymous':
      return false;
    case 'user':
      return project.ownerId === identity.id;
    case 'robot':
      return identity.robot.permissions.some(({ namespace }) => namespace === '*' || namespace === project.name);
  }
}

export function list(call: Call): Answer {
  const { query } = call;
  const terms = parseQuery(query.get('q'));
  const name = query.get('name')?.toLowerCase();
  const visibility = query.get('public');
  const rows = matching(call.harbor.state.projects.all(), terms, columns).filter(
    (project) =>
      isListed(call, project) &&
      (name === undefined || project.name.toLowerCase().includes(name)) &&
      (visibility === null || (project.metadata.public === 'true') === (visibility === 'true')),
  );
  const order = rows.sort((one, other) => (one.name < other.name ? -1 : 1));
  const isDetailed = query.get('with_detail') !== 'false';
  return listed(call, order, columns, (project) => shown(call, project, isDetailed));
}

export function head(call: Call): Answer {
  requireLogin(call);
  const name = call.query.get('project_name');
  if (name === null) throw invalid('project_name in query is required');
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw badRequest(`invalid project name: '${name}'`);
  if (call.harbor.state.projectNamed(name) === undefined) throw notFound(`project ${name} not found`);
  return { status: 200 };
}

function checkProjectName(name: string): void {
  if (name.length > 255) throw invalid('project_name in body should be at most 255 chars long');
  if (name.length < 1) throw badRequest(`Project name ${name} is illegal in length. (greater than 255 or less than 1)`);
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) {
    throw badRequest(`Project name ${name} is not in lower case or contains illegal characters!`);
  }
}

function requireMayCreate(call: Call, isProxy: boolean): void {
  const { identity, harbor } = call;
  requireLogin(call);
  if (identity.kind === 'robot' && identity.robot.level === 'project') {
    throw forbidden('Only system level robot can create project');
  }
  const isAllowed = mayOnSystem(identity, 'project', 'create');
  if (harbor.configuration.projectCreation === 'adminonly' && !isAllowed)
    throw forbidden('Only system admin can create project');
  if (isProxy && !isAllowed) throw forbidden('Only system admin can create proxy cache project');
}

function checkEndpoint(harbor: Harbor, registryId: number | undefined): void {
  if (registryId === undefined) return;
  if (registryId <= 0) {
    throw badRequest(`bad request: ${registryId} is invalid value of registry_id, it should be geater than 0`);
  }
  const endpoint = harbor.state.endpoints.get(registryId);
  if (endpoint === undefined) throw internal();
  if (!harbor.settings.proxyTypes.includes(endpoint.type)) {
    throw badRequest(`bad request: unsupported registry type ${endpoint.type}`);
  }
}

type Draft = Pick<Project, 'name' | 'ownerId' | 'ownerName' | 'registryId' | 'metadata'> & { readonly hard: number };

function checkedDraft(call: Call): Draft {
  const { harbor, identity } = call;
  const fields = readBody(call, 'project', shape);
  const registryId = fields.number('registry_id');
  const isProxy = registryId !== undefined;
  requireMayCreate(call, isProxy);
  checkEndpoint(harbor, registryId);
  const hard = fields.number('storage_limit') ?? 0;
  if (hard !== 0) checkHard(hard, 'bad request: ');
  const name = fields.text('project_name') ?? '';
  checkProjectName(name);
  const given = fields.object('metadata')?.all() ?? {};
  checkNewMetadata(harbor, given, isProxy);
  if (isProxy) checkFilter(harbor, given);
  const owner = identity.kind === 'user' ? identity : { id: 1, name: 'admin' };
  return {
    name,
    ownerId: owner.id,
    ownerName: owner.name,
    registryId,
    metadata: { public: String(fields.flag('public') ?? false), ...keptMetadata(harbor, isProxy, given) },
    hard: hard === 0 ? -1 : hard,
  };
}

export async function create(call: Call): Promise<Answer> {
  const { harbor } = call;
  requireLogin(call);
  const draft = checkedDraft(call);
  // Between the checks and the insertion Harbor does other work: an endpoint deleted meanwhile isn't noticed.
  await delay(1);
  if (harbor.state.projectNamed(draft.name) !== undefined) {
    throw conflict(`The project named ${draft.name} already exists`);
  }
  // A proxy project gets a retention schedule, which jobservice keeps in Redis; without them nothing stays behind.
  const isScheduled = draft.registryId !== undefined;
  if (isScheduled && (harbor.broken.jobservice || harbor.broken.redis)) throw internal();
  const project = insert(harbor, draft);
  const byName = headerOf(call, 'x-resource-name-in-location') === 'true';
  return created(`/api/v2.0/projects/${byName ? project.name : project.id}`);
}

function insert(harbor: Harbor, draft: Draft): Project {
  const { state } = harbor;
  const time = now();
  const { hard, ...row } = draft;
  const id = state.projects.nextId();
  const project = state.projects.put({ id, ...row, allowlist: [], createdAt: time, updatedAt: time });
  state.quotas.put({ id: state.quotas.nextId(), projectId: id, hard, createdAt: time, updatedAt: time });
  if (row.registryId !== undefined) makeAutomaticPolicy(harbor, project);
  return project;
}

export function get(call: Call): Answer {
  return ok(shown(call, requireProject(call, paramOf(call, 'project_name_or_id'), 'project', 'read')));
}

function changedAllowlist(fields: Fields, project: Project): readonly unknown[] {
  const allowlist = fields.object('cve_allowlist');
  const projectId = allowlist?.number('project_id');
  if (projectId !== undefined && projectId !== 0 && projectId !== project.id) {
    throw badRequest(`project_id in cve_allowlist must be ${project.id} but it's ${projectId}`);
  }
  return allowlist?.list('items')?.filter(isObject) ?? project.allowlist;
}

const beingWritten = new WeakSet<Project>();

/** Merges metadata without checking the values; name, registry_id, storage_limit and public at the top are ignored. */
export async function update(call: Call): Promise<Answer> {
  const { harbor } = call;
  const fields = readBody(call, 'project', shape);
  const project = requireProject(call, paramOf(call, 'project_name_or_id'), 'project', 'update');
  const given = fields.object('metadata')?.all() ?? {};
  const retention = given.retention_id;
  if (typeof retention === 'string' && retention !== '' && retention !== project.metadata.retention_id) {
    throw badRequest(
      "the retention_id in the request's payload when updating a project should be omitted, alternatively passing the one that has already been associated to this project",
    );
  }
  const allowlist = changedAllowlist(fields, project);
  if (project.registryId !== undefined) checkFilter(harbor, given);
  // Two at once end in a deadlock of the database.
  if (beingWritten.has(project)) throw internal();
  beingWritten.add(project);
  await delay(1);
  beingWritten.delete(project);
  project.allowlist = allowlist;
  project.metadata = {
    ...project.metadata,
    ...keptMetadata(harbor, project.registryId !== undefined, given),
  };
  project.updatedAt = now();
  return ok();
}

const blocked = 'the project contains repositories, can not be deleted';

export function deletable(call: Call): Answer {
  const project = requireProject(call, paramOf(call, 'project_name_or_id'), 'project', 'delete');
  const isEmpty = call.harbor.state.repositoriesOf(project.id).length === 0;
  return ok(isEmpty ? { deletable: true } : { message: blocked });
}

export async function remove(call: Call): Promise<Answer> {
  const project = requireProject(call, paramOf(call, 'project_name_or_id'), 'project', 'delete');
  const { state } = call.harbor;
  if (state.repositoriesOf(project.id).length > 0) throw precondition(`precondition failed: ${blocked}`);
  // Several deletions at once may all succeed.
  await delay(1);
  state.projects.delete(project.id);
  for (const quota of state.quotas.filter((row) => row.projectId === project.id)) state.quotas.delete(quota.id);
  for (const policy of state.retentions.filter((row) => row.projectId === project.id))
    state.retentions.delete(policy.id);
  for (const rule of state.immutableRules.filter((row) => row.projectId === project.id))
    state.immutableRules.delete(rule.id);
  for (const robot of state.robots.all()) {
    if (robot.projectId === project.id) state.robots.delete(robot.id);
    robot.permissions = robot.permissions.filter(({ namespace }) => namespace !== project.name);
  }
  return ok();
}

export function summary(call: Call): Answer {
  const { harbor, identity } = call;
  const project = requireProject(call, paramOf(call, 'project_name_or_id'), 'project', 'read');
  const { state } = harbor;
  const endpoint = project.registryId === undefined ? undefined : state.endpoints.get(project.registryId);
  const quota = state.quotas.find((row) => row.projectId === project.id);
  const seesMembers = identity.kind === 'user' || mayOnProject(identity, project, 'member', 'list');
  return ok({
    ...(seesMembers ? { project_admin_count: 1 } : {}),
    ...(quota === undefined
      ? {}
      : { quota: { hard: { storage: quota.hard }, used: { storage: state.usedBy(project.id) } } }),
    ...(endpoint === undefined ? {} : { registry: { creation_time: endpoint.createdAt, ...described(endpoint) } }),
    repo_count: state.repositoriesOf(project.id).length,
  });
}

/** For robots: the project that a permission names. */
export const projectOf = (call: Call, name: string): Project | undefined =>
  name === '/' ? undefined : findProject(call, name, 'name');
