import type { NewRobot, RobotPermission } from '../../harbor/types.js';

/** What the robot is to be able to do besides the whole life of endpoints and projects. */
export interface RobotDuties {
  /** `project.storageQuota` of projects that are there. */
  readonly quotas: boolean;
  /** Listing the endpoint types that this Harbor has. */
  readonly adapters: boolean;
  /** `rewrite.pullSecret: Inject`. */
  readonly pullRobots: boolean;
}

const on = (resource: string, ...actions: readonly string[]): RobotPermission['access'] =>
  actions.map((action) => ({ resource, action }));

/**
 * The least that the operator's robot needs, as a Harbor 2.15 was seen to ask for it. Retention is part of the project; a robot can
 * only make robots that may do no more than itself, hence repository pull.
 */
export function robotPermissions({ quotas, adapters, pullRobots }: RobotDuties): readonly RobotPermission[] {
  return [
    {
      kind: 'system',
      namespace: '/',
      access: [
        ...on('registry', 'create', 'read', 'list', 'update', 'delete'),
        ...on('project', 'create'),
        ...(quotas ? on('quota', 'list', 'update') : []),
        ...(adapters ? on('replication-adapter', 'list') : []),
      ],
    },
    {
      kind: 'project',
      namespace: '*',
      access: [
        ...on('project', 'read', 'update', 'delete'),
        ...on('repository', 'list'),
        ...(pullRobots ? [...on('robot', 'create', 'list'), ...on('repository', 'pull')] : []),
      ],
    },
  ];
}

/** The robot for `POST /api/v2.0/robots`. */
export function newRobot(name: string, durationDays: number, duties: RobotDuties): NewRobot {
  return {
    name,
    level: 'system',
    description: 'Keeps endpoints and proxy-cache projects for registry-mirror-operator.',
    durationDays,
    permissions: robotPermissions(duties),
  };
}
