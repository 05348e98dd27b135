import type { HttpMethod } from './http/errors.js';
import type { NewRobot, Robot, RobotPermission } from './types.js';

/** What the robot is to be able to do besides the whole life of endpoints and projects. */
export interface RobotDuties {
  /** `project.storageQuota` of projects that are there. */
  readonly quotas: boolean;
  /** `rewrite.pullSecret: Inject`. */
  readonly pullRobots: boolean;
}

const on = (resource: string, ...actions: readonly string[]): RobotPermission['access'] =>
  actions.map((action) => ({ resource, action }));

/**
 * The least that the operator's robot needs, as a Harbor 2.15 was seen to ask for it. Retention is part of the project; a robot can
 * only make robots that may do no more than itself, hence repository pull.
 */
export function robotPermissions({ quotas, pullRobots }: RobotDuties): readonly RobotPermission[] {
  return [
    {
      kind: 'system',
      namespace: '/',
      access: [
        ...on('registry', 'create', 'read', 'list', 'update', 'delete'),
        ...on('project', 'create'),
        ...(quotas ? on('quota', 'list', 'update') : []),
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

/** What the operator's robot accounts say of themselves, whoever made them for it. */
const DESCRIPTION = 'Keeps endpoints and proxy-cache projects for registry-mirror-operator.';

/** The robot for `POST /api/v2.0/robots`. */
export function newRobot(name: string, durationDays: number, duties: RobotDuties): NewRobot {
  return {
    name,
    level: 'system',
    description: DESCRIPTION,
    durationDays,
    permissions: robotPermissions(duties),
  };
}

/** Whether the robot account was made by {@link newRobot}: Harbor keeps no other word of where it came from. */
export function isOperatorRobot({ level, description }: Pick<Robot, 'level' | 'description'>): boolean {
  return level === 'system' && description.startsWith(DESCRIPTION);
}

/** Where a permission is ticked in Harbor, and which call asks for it. */
interface Ask {
  readonly methods: readonly HttpMethod[];
  readonly path: RegExp;
  readonly permission: string;
}

const READS: readonly HttpMethod[] = ['GET', 'HEAD'];
const ASKS: readonly Ask[] = [
  { methods: READS, path: /^\/registries$/, permission: 'Registry: list (system)' },
  { methods: ['POST'], path: /^\/registries$/, permission: 'Registry: create (system)' },
  { methods: READS, path: /^\/registries\/\d+$/, permission: 'Registry: read (system)' },
  { methods: ['POST'], path: /^\/registries\/ping$/, permission: 'Registry: read (system)' },
  { methods: ['PUT'], path: /^\/registries\/\d+$/, permission: 'Registry: update (system)' },
  { methods: ['DELETE'], path: /^\/registries\/\d+$/, permission: 'Registry: delete (system)' },
  { methods: ['POST'], path: /^\/projects$/, permission: 'Project: create (system)' },
  { methods: READS, path: /^\/projects\/[^/]+\/_deletable$/, permission: 'Project: delete (all projects)' },
  { methods: READS, path: /^\/projects\/[^/]+\/repositories$/, permission: 'Repository: list (all projects)' },
  { methods: READS, path: /^\/(projects|retentions)(\/|$)/, permission: 'Project: read (all projects)' },
  { methods: ['PUT'], path: /^\/(projects|retentions)\//, permission: 'Project: update (all projects)' },
  { methods: ['DELETE'], path: /^\/projects\//, permission: 'Project: delete (all projects)' },
  { methods: READS, path: /^\/robots$/, permission: 'Robot Account: list (all projects)' },
  { methods: ['POST'], path: /^\/robots$/, permission: 'Robot Account: create, Repository: pull (all projects)' },
  { methods: ['DELETE'], path: /^\/robots\//, permission: 'Project: delete (all projects)' },
  { methods: READS, path: /^\/quotas/, permission: 'Quota: list (system)' },
  { methods: ['PUT'], path: /^\/quotas\//, permission: 'Quota: update (system)' },
];

/**
 * The permission that a call needs, in the words of Harbor's form for robot accounts. A robot can't ask for its own permissions, so a 403
 * is where it shows that one is missing.
 *
 * @param path - as in a HarborError
 */
export function permissionFor(method: HttpMethod, path: string): string | undefined {
  const route = path.replace(/^\/api\/v2\.0/, '');
  return ASKS.find((ask) => ask.methods.includes(method) && ask.path.test(route))?.permission;
}
