import { randomBytes } from 'node:crypto';
import type { Answer } from './answer.js';
import { badRequest, conflict, created, denied, internal, notFound, ok } from './answer.js';
import type { Fields, Shape } from './body.js';
import { Fields as JsonFields, isObject, readBody } from './body.js';
import type { Call } from './call.js';
import { idOf } from './call.js';
import type { Harbor } from './harbor.js';
import type { Columns } from './list.js';
import { listed, matching, parseQuery } from './list.js';
import { isGrantable, isWithin, requireLogin, requireProject, requireSystem } from './permissions.js';
import { projectOf } from './projects.js';
import type { Permission, Robot } from './state.js';
import { now } from './state.js';

const shape: Shape = {
  struct: 'RobotCreate',
  fields: {
    name: 'string',
    description: 'string',
    level: 'string',
    disable: 'bool',
    duration: 'int64',
    permissions: 'array',
  },
};

const columns: Columns<Robot> = {
  id: (row) => row.id,
  name: (row) => row.name,
  creation_time: (row) => row.createdAt,
};

/** The user name that a robot logs in with. */
export const loginName = ({ configuration }: Pick<Harbor, 'configuration'>, robot: Robot): string =>
  `${configuration.robotNamePrefix}${robot.name}`;

function shown(harbor: Harbor, robot: Robot): Record<string, unknown> {
  return {
    creation_time: robot.createdAt,
    creator_ref: robot.creatorRef,
    creator_type: robot.creatorType,
    ...(robot.description === '' ? {} : { description: robot.description }),
    disable: robot.disable,
    duration: robot.duration,
    editable: true,
    expires_at: robot.expiresAt,
    id: robot.id,
    level: robot.level,
    name: loginName(harbor, robot),
    permissions: robot.permissions,
    update_time: robot.updatedAt,
  };
}

function permissionsOf(fields: Fields): readonly Permission[] {
  return (fields.list('permissions') ?? []).filter(isObject).map((value) => {
    const permission = new JsonFields(value);
    const access = (permission.list('access') ?? []).filter(isObject).map((item) => {
      const one = new JsonFields(item);
      return { action: one.text('action') ?? '', resource: one.text('resource') ?? '' };
    });
    return { access, kind: permission.text('kind') ?? '', namespace: permission.text('namespace') ?? '' };
  });
}

function checkRobot(harbor: Harbor, duration: number, level: string, permissions: readonly Permission[]): void {
  if (duration !== -1 && duration <= 0) {
    throw badRequest(
      `bad request error duration input: ${duration}, duration must be either -1(Never) or a positive integer`,
    );
  }
  if (level !== 'project' && level !== 'system') throw badRequest(`bad request error level input: ${level}`);
  if (permissions.length === 0) throw badRequest('bad request empty permission');
  if (permissions.some(({ access }) => access.length === 0)) throw badRequest('bad request empty access');
  if (level === 'project' && permissions.length > 1) throw badRequest('bad request permission');
  for (const { kind, access } of permissions) {
    if (kind !== 'project' && kind !== 'system') throw badRequest(`bad request permission level: ${kind}`);
    const foreign = access.find((one) => !isGrantable(harbor, kind, one));
    if (foreign !== undefined) throw badRequest(`bad request permission: ${foreign.resource}:${foreign.action}`);
  }
}

/** Rights to a robot are rights to its level: the system's, or those of its project. */
function requireRobotAccess(call: Call, level: string, namespace: string, action: string): void {
  requireLogin(call);
  if (level === 'system') {
    requireSystem(call, 'robot', action);
    return;
  }
  if (projectOf(call, namespace) === undefined) throw notFound(`project ${namespace} not found`);
  requireProject(call, namespace, 'robot', action, 'name');
}

const expiry = (duration: number): number => (duration === -1 ? -1 : Math.floor(Date.now() / 1000) + duration * 86_400);

/** A secret as Harbor makes it: 32 letters and digits, with one upper, one lower and one digit at least. */
export function newSecret(): string {
  return `${randomBytes(24).toString('base64url').replace(/[-_]/g, 'x').slice(0, 29)}Aa1`;
}

export interface NewRobot {
  readonly name: string;
  readonly level: 'system' | 'project';
  readonly projectId: number;
  readonly permissions: readonly Permission[];
  readonly duration?: number;
  readonly description?: string;
  readonly creator?: { readonly ref: number; readonly type: 'local' | 'robot' };
}

export function insertRobot(harbor: Pick<Harbor, 'state'>, draft: NewRobot): Robot {
  const time = now();
  const duration = draft.duration ?? -1;
  return harbor.state.robots.put({
    id: harbor.state.robots.nextId(),
    name: draft.name,
    level: draft.level,
    projectId: draft.projectId,
    description: draft.description ?? '',
    disable: false, // asked for at creation it's ignored
    duration,
    expiresAt: expiry(duration),
    secret: newSecret(),
    permissions: draft.permissions,
    creatorRef: draft.creator?.ref ?? 1,
    creatorType: draft.creator?.type ?? 'local',
    createdAt: time,
    updatedAt: time,
  });
}

function creatorOf(call: Call): NonNullable<NewRobot['creator']> {
  const { identity } = call;
  if (identity.kind === 'robot') return { ref: identity.robot.id, type: 'robot' };
  return { ref: identity.kind === 'user' ? identity.id : 0, type: 'local' };
}

interface Request {
  readonly name: string;
  readonly level: 'system' | 'project';
  readonly duration: number;
  readonly permissions: readonly Permission[];
  readonly fields: Fields;
}

function readRequest(call: Call): Request {
  const fields = readBody(call, 'robot', shape);
  const permissions = permissionsOf(fields);
  const level = fields.text('level') ?? '';
  const duration = fields.number('duration') ?? 0;
  checkRobot(call.harbor, duration, level, permissions);
  return {
    name: fields.text('name') ?? '',
    level: level === 'project' ? 'project' : 'system',
    duration,
    permissions,
    fields,
  };
}

function requireProjectsExist(call: Call, permissions: readonly Permission[]): void {
  const named = permissions.filter(({ kind, namespace }) => kind === 'project' && namespace !== '*');
  const missing = named.find(({ namespace }) => projectOf(call, namespace) === undefined);
  if (missing !== undefined) throw notFound(`project ${missing.namespace} not found`);
}

export function create(call: Call): Answer {
  const { harbor, identity } = call;
  requireLogin(call);
  const { name, level, permissions, duration, fields } = readRequest(call);
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) {
    throw badRequest('robot name is not in lower case or contains illegal characters');
  }
  const namespace = permissions[0]?.namespace ?? '';
  requireRobotAccess(call, level, namespace, 'create');
  if (identity.kind === 'robot' && !isWithin(identity.robot, permissions)) {
    throw denied(
      `permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: ${identity.name}`,
    );
  }
  requireProjectsExist(call, permissions);
  const projectId = level === 'project' ? (projectOf(call, namespace)?.id ?? 0) : 0;
  const stored = level === 'project' ? `${namespace}+${name}` : name;
  if (stored.length > 255) throw internal();
  if (harbor.state.robots.find((robot) => robot.name === stored) !== undefined) {
    throw conflict(`robot account ${projectId}:${stored} already exists`);
  }
  const robot = insertRobot(harbor, {
    name: stored,
    level,
    projectId,
    permissions,
    duration,
    description: fields.text('description') ?? '',
    creator: creatorOf(call),
  });
  return created(`/api/v2.0/robots/${robot.id}`, {
    creation_time: robot.createdAt,
    expires_at: robot.expiresAt,
    id: robot.id,
    name: loginName(harbor, robot),
    secret: robot.secret,
  });
}

export function list(call: Call): Answer {
  requireLogin(call);
  const terms = new Map(parseQuery(call.query.get('q')));
  const is = (key: string, value: string): boolean => terms.get(key)?.matches(value) ?? false;
  const level = !terms.has('level') || is('level', 'system') ? 'system' : 'project';
  if (level === 'project' && !is('level', 'project')) throw badRequest('bad request error level input');
  let rows: readonly Robot[];
  if (level === 'system') {
    requireSystem(call, 'robot', 'list');
    rows = call.harbor.state.robots.filter((robot) => robot.level === 'system');
  } else {
    if (!terms.has('projectid')) throw badRequest('must with project ID when to query project robots');
    const project = call.harbor.state.projects.find((row) => is('projectid', String(row.id)));
    if (project !== undefined) requireProject(call, String(project.id), 'robot', 'list');
    else requireSystem(call, 'robot', 'list');
    rows = call.harbor.state.robots.filter((robot) => robot.level === 'project' && robot.projectId === project?.id);
  }
  const order = matching(rows, terms, columns).sort((one, other) => (one.name < other.name ? -1 : 1));
  return listed(call, order, columns, (robot) => shown(call.harbor, robot));
}

function found(call: Call, action: string): Robot {
  const id = idOf(call, 'robot_id');
  requireLogin(call);
  const robot = call.harbor.state.robots.get(id);
  if (robot === undefined) throw notFound(`robot ${id} not found`);
  if (robot.level === 'system') requireSystem(call, 'robot', action);
  else requireProject(call, String(robot.projectId), 'robot', action, 'id');
  return robot;
}

export function get(call: Call): Answer {
  return ok(shown(call.harbor, found(call, 'read')));
}

/** An empty secret, or none, makes Harbor choose one and answer it. */
export function refreshSecret(call: Call): Answer {
  const fields = readBody(call, 'robotSec', { struct: 'RobotSec', fields: { secret: 'string' } });
  const robot = found(call, 'update');
  const wanted = fields.text('secret') ?? '';
  if (wanted === '') {
    robot.secret = newSecret();
    return ok({ secret: robot.secret });
  }
  if (!/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d).{8,128}$/.test(wanted)) {
    throw badRequest(
      'the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number',
    );
  }
  robot.secret = wanted;
  return ok({});
}

export function update(call: Call): Answer {
  const { name, level, permissions, duration, fields } = readRequest(call);
  const robot = found(call, 'update');
  if (level !== robot.level || name !== loginName(call.harbor, robot)) {
    throw badRequest('cannot update the level or name of robot');
  }
  if (level === 'project' && projectOf(call, permissions[0]?.namespace ?? '')?.id !== robot.projectId) {
    throw badRequest('cannot update the project id of robot');
  }
  robot.description = fields.text('description') ?? '';
  robot.disable = fields.flag('disable') ?? false;
  if (duration !== robot.duration) robot.expiresAt = expiry(duration);
  robot.duration = duration;
  robot.permissions = permissions;
  robot.updatedAt = now();
  return ok();
}

export function remove(call: Call): Answer {
  call.harbor.state.robots.delete(found(call, 'delete').id);
  return ok();
}
