import type { Answer } from './answer.js';
import { badRequest, created, forbidden, ok, precondition, unauthorized } from './answer.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { accessOf, grantable, isGrantable, requireLogin, requireSystem } from './permissions.js';
import type { Broken } from './harbor.js';

export const ping = (): Answer => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, raw: 'Pong' });

const refused = (address: string): string => `dial tcp ${address}: connect: connection refused`;
const unreachable = (address: string, path = ''): string =>
  `failed to check health: Get "http://${address}${path}": ${refused(address)}`;

function components(broken: Broken): Record<string, unknown>[] {
  const redisGone = `received unexpected status code: 500 {"code":10004,"message":"check stats of server failed with error","details":"${refused('127.0.0.1:16379')}"}`;
  const errors: Readonly<Record<string, string | undefined>> = {
    core: undefined,
    database: broken.database
      ? `failed to run SQL "SELECT 1": failed to connect to \`user=postgres database=registry\`: 127.0.0.1:15432 (127.0.0.1): dial error: ${refused('127.0.0.1:15432')}`
      : undefined,
    jobservice: broken.jobservice
      ? unreachable('127.0.0.1:8088', '/api/v1/stats')
      : broken.redis
        ? redisGone
        : undefined,
    portal: broken.portal ? unreachable('127.0.0.1:8089') : undefined,
    redis: broken.redis ? refused('127.0.0.1:16379') : undefined,
    registry: broken.registry ? unreachable('127.0.0.1:5052', '/') : undefined,
    registryctl: broken.registryctl ? unreachable('127.0.0.1:8087', '/api/health') : undefined,
  };
  return Object.entries(errors).map(([name, error]) =>
    error === undefined ? { name, status: 'healthy' } : { error, name, status: 'unhealthy' },
  );
}

export function health(call: Call): Answer {
  const parts = components(call.harbor.seenBroken());
  const isHealthy = parts.every(({ status }) => status === 'healthy');
  return ok({ components: parts, status: isHealthy ? 'healthy' : 'unhealthy' });
}

export function systemInfo(call: Call): Answer {
  const { harbor, identity } = call;
  const forAll = {
    auth_mode: 'db_auth',
    banner_message: '',
    oidc_provider_name: '',
    primary_auth_mode: false,
    self_registration: false,
  };
  if (identity.kind === 'anonymous') return ok(forAll);
  const externalUrl = harbor.settings.externalUrl ?? harbor.url;
  return ok({
    ...forAll,
    current_time: new Date().toISOString(),
    external_url: externalUrl,
    harbor_version: `v${harbor.settings.version}-080b0220`,
    has_ca_root: false,
    notification_enable: true,
    project_creation_restriction: harbor.configuration.projectCreation,
    read_only: harbor.configuration.isReadOnly,
    registry_storage_provider_name: 'filesystem',
    registry_url: externalUrl.replace(/^https?:\/\//, ''),
  });
}

export function volumes(call: Call): Answer {
  requireSystem(call, 'system-volumes', 'read');
  return ok({ storage: [{}] });
}

export function currentUser(call: Call): Answer {
  const { identity, harbor } = call;
  switch (identity.kind) {
    case 'anonymous':
      throw unauthorized();
    case 'robot':
      throw precondition('get current user not available for security context: robot');
    case 'user': {
      const created = harbor.state.projects.get(1)?.createdAt ?? new Date().toISOString();
      return ok({
        admin_role_in_auth: false,
        comment: identity.admin ? 'admin user' : '',
        creation_time: created,
        realname: identity.admin ? 'system admin' : identity.name,
        sysadmin_flag: identity.admin,
        update_time: created,
        user_id: identity.id,
        username: identity.name,
      });
    }
  }
}

/** What robots can be granted; robots themselves can't ask. */
export function permissions(call: Call): Answer {
  const { identity } = call;
  if (identity.kind === 'anonymous') throw unauthorized('');
  if (identity.kind === 'robot') throw forbidden('forbidden: only admins(system and project) can access permissions');
  const listed = (kind: 'project' | 'system'): unknown[] =>
    [...grantable[kind]].map(accessOf).filter((access) => isGrantable(call.harbor, kind, access));
  return ok({ project: listed('project'), system: listed('system') });
}

export function configurations(call: Call): Answer {
  requireSystem(call, 'configuration', 'read');
  const { projectCreation, isReadOnly, robotNamePrefix } = call.harbor.configuration;
  const item = (value: unknown): unknown => ({ editable: true, value });
  return ok({
    project_creation_restriction: item(projectCreation),
    read_only: item(isReadOnly),
    robot_name_prefix: item(robotNamePrefix),
  });
}

export function configure(call: Call): Answer {
  requireSystem(call, 'configuration', 'update');
  const fields = readBody(call, 'configurations', {
    struct: 'Configurations',
    fields: { project_creation_restriction: 'string', read_only: 'bool', robot_name_prefix: 'string' },
  });
  const restriction = fields.text('project_creation_restriction');
  const { configuration } = call.harbor;
  if (restriction === 'everyone' || restriction === 'adminonly') configuration.projectCreation = restriction;
  else if (restriction !== undefined) throw badRequest(`invalid value ${restriction}`);
  configuration.isReadOnly = fields.flag('read_only') ?? configuration.isReadOnly;
  configuration.robotNamePrefix = fields.text('robot_name_prefix') ?? configuration.robotNamePrefix;
  return ok();
}

export function createUser(call: Call): Answer {
  requireLogin(call);
  requireSystem(call, 'user', 'create');
  const fields = readBody(call, 'userReq', {
    struct: 'UserCreationReq',
    fields: { username: 'string', password: 'string', email: 'string', realname: 'string' },
  });
  const { users } = call.harbor.state;
  const user = users.put({
    id: users.nextId(),
    name: fields.text('username') ?? '',
    password: fields.text('password') ?? '',
    admin: false,
  });
  return created(`/api/v2.0/users/${user.id}`);
}
