import { accessOf } from './permissions.js';
import type { Permission } from './state.js';

const permission = (kind: 'system' | 'project', namespace: string, ...access: readonly string[]): Permission => ({
  kind,
  namespace,
  access: access.map(accessOf),
});

const SMALLEST = {
  system: ['registry:create', 'registry:read', 'registry:list', 'registry:update', 'registry:delete', 'project:create'],
  project: ['project:read', 'project:update', 'project:delete', 'repository:list'],
} as const;

/** The smallest set of permissions with which a robot keeps endpoints and proxy projects for their whole life. */
export const smallestPermissions: readonly Permission[] = [
  permission('system', '/', ...SMALLEST.system),
  permission('project', '*', ...SMALLEST.project),
];

/** The smallest set, and what quotas, the list of adapters and pull robots take. */
export const fullPermissions: readonly Permission[] = [
  permission(
    'system',
    '/',
    ...SMALLEST.system,
    'project:list',
    'quota:list',
    'quota:read',
    'quota:update',
    'replication-adapter:list',
  ),
  permission(
    'project',
    '*',
    ...SMALLEST.project,
    'repository:pull',
    'robot:create',
    'robot:read',
    'robot:list',
    'robot:delete',
  ),
];
