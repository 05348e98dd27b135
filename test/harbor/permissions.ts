import { badRequest, forbidden, notFound, unauthorized } from './answer.js';
import type { Call, Identity } from './call.js';
import { headerOf, userName } from './call.js';
import type { Harbor } from './harbor.js';
import type { Access, Permission, Project, Robot } from './state.js';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What a robot can be granted on a project, and on the system (GET /permissions). */
export const grantable: Readonly<Record<'project' | 'system', ReadonlySet<string>>> = {
  project: new Set(
    words(`log:list project:read project:delete project:update metadata:read metadata:create metadata:delete metadata:list
      metadata:update repository:read repository:update repository:delete repository:list repository:pull repository:push
      artifact:read artifact:create artifact:list artifact:delete scan:create scan:read scan:stop sbom:create sbom:stop
      sbom:read tag:create tag:list tag:delete accessory:list artifact-addition:read artifact-label:create
      artifact-label:delete scanner:create scanner:read preheat-policy:read preheat-policy:create preheat-policy:delete
      preheat-policy:list preheat-policy:update immutable-tag:create immutable-tag:delete immutable-tag:list
      immutable-tag:update notification-policy:read notification-policy:create notification-policy:delete
      notification-policy:list notification-policy:update tag-retention:read tag-retention:create tag-retention:delete
      tag-retention:list tag-retention:update label:read label:create label:delete label:list label:update quota:read
      robot:create robot:read robot:list robot:delete export-cve:create export-cve:read member:create member:read
      member:update member:list member:delete`),
  ),
  system: new Set(
    words(`audit-log:list preheat-instance:read preheat-instance:create preheat-instance:delete preheat-instance:list
      preheat-instance:update project:list project:create replication-policy:read replication-policy:create
      replication-policy:delete replication-policy:list replication-policy:update replication:read replication:create
      replication:list replication-adapter:list registry:read registry:create registry:delete registry:list
      registry:update scan-all:read scan-all:update scan-all:stop scan-all:create system-volumes:read
      garbage-collection:read garbage-collection:create garbage-collection:list garbage-collection:update
      garbage-collection:stop purge-audit:read purge-audit:create purge-audit:list purge-audit:update purge-audit:stop
      jobservice-monitor:list jobservice-monitor:stop scanner:read scanner:create scanner:delete scanner:list
      scanner:update label:read label:create label:delete label:update security-hub:read security-hub:list catalog:read
      quota:read quota:list robot:create robot:read robot:list robot:delete user:create user:read user:update user:list
      user:delete ldap-user:create ldap-user:list quota:update user-group:create user-group:read user-group:update
      user-group:list user-group:delete`),
  ),
};

const cameWithRobotsOfRobots = /^(robot|export-cve|member|user|ldap-user|user-group):|^quota:update$/;

/** Whether a robot of this Harbor can be given a right. */
export function isGrantable(harbor: Harbor, kind: 'project' | 'system', { resource, action }: Access): boolean {
  const text = `${resource}:${action}`;
  return grantable[kind].has(text) && (harbor.has('robotsOfRobots') || !cameWithRobotsOfRobots.test(text));
}

export const accessOf = (text: string): Access => {
  const [resource = '', action = ''] = text.split(':');
  return { resource, action };
};

export function mayOnSystem(identity: Identity, resource: string, action: string): boolean {
  switch (identity.kind) {
    case 'anonymous':
      return false;
    case 'user':
      return identity.admin;
    case 'robot':
      return robotMayOnSystem(identity.robot, resource, action);
  }
}

const robotMayOnSystem = (robot: Robot, resource: string, action: string): boolean =>
  robot.permissions.some((permission) => permission.kind === 'system' && has(permission, resource, action));

export function mayOnProject(identity: Identity, project: Project, resource: string, action: string): boolean {
  const isPublic = project.metadata.public === 'true';
  if (isPublic && publicActions.has(`${resource}:${action}`)) return true;
  switch (identity.kind) {
    case 'anonymous':
      return false;
    case 'user':
      return identity.admin || project.ownerId === identity.id;
    case 'robot':
      return robotMay(identity.robot, project.name, resource, action);
  }
}

const publicActions = new Set([
  'project:read',
  'repository:list',
  'repository:read',
  'repository:pull',
  'artifact:list',
  'artifact:read',
  'tag:list',
  'summary:read',
]);

/**
 * Whether a robot's permissions cover an action in a project. On `*`, project read, update and delete also grant that verb
 * on what is inside; on a named project they don't.
 */
export function robotMay(robot: Robot, projectName: string, resource: string, action: string): boolean {
  return robot.permissions.some((permission) => {
    if (permission.kind !== 'project') return false;
    if (permission.namespace === '*') return has(permission, resource, action) || has(permission, 'project', action);
    return permission.namespace === projectName && has(permission, resource, action);
  });
}

const has = (permission: Permission, resource: string, action: string): boolean =>
  permission.access.some((access) => access.resource === resource && access.action === action);

export function requireLogin(call: Call): void {
  if (call.identity.kind === 'anonymous') throw unauthorized();
}

export function requireSystem(call: Call, resource: string, action: string): void {
  requireLogin(call);
  if (!mayOnSystem(call.identity, resource, action)) throw forbidden(userName(call.identity));
}

/** The project that a path segment means: digits are an id unless the header X-Is-Resource-Name says it's a name. */
export function findProject(call: Call, text: string, digitsAre: 'id' | 'name' = 'id'): Project | undefined {
  if (!/^[A-Za-z0-9._-]+$/.test(text)) {
    if (text === '/') return undefined;
    throw badRequest(`invalid project name: '${text}'`);
  }
  const { projects } = call.harbor.state;
  const header = headerOf(call, 'x-is-resource-name');
  const isName = header === 'true' || (header !== 'false' && digitsAre === 'name');
  if (!isName && /^\d+$/.test(text)) return projects.get(Number(text));
  return call.harbor.state.projectNamed(text);
}

/**
 * The project that a path segment means, if the caller may do the action there.
 *
 * @throws Refusal 404 to an administrator and 403 to a robot when there is no such project; 401 to the anonymous.
 */
export function requireProject(
  call: Call,
  text: string,
  resource: string,
  action: string,
  digitsAre: 'id' | 'name' = 'id',
): Project {
  const project = findProject(call, text, digitsAre);
  const { identity } = call;
  if (project !== undefined && mayOnProject(identity, project, resource, action)) return project;
  if (identity.kind === 'anonymous') throw unauthorized();
  if (project === undefined && identity.kind === 'user' && identity.admin) throw notFound(`project ${text} not found`);
  throw forbidden();
}

/** Whether every permission lies within a robot's own rights: it can't make a robot that may more than itself. */
export function isWithin(robot: Robot, permissions: readonly Permission[]): boolean {
  return permissions.every((permission) =>
    permission.access.every((access) => {
      if (permission.kind === 'system') return robotMayOnSystem(robot, access.resource, access.action);
      if (permission.namespace !== '*') {
        return robot.permissions.some(
          (own) =>
            own.kind === 'project' &&
            (own.namespace === '*' || own.namespace === permission.namespace) &&
            has(own, access.resource, access.action),
        );
      }
      return robot.permissions.some((own) => own.namespace === '*' && has(own, access.resource, access.action));
    }),
  );
}
