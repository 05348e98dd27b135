import { OPERATOR } from '../api/group.js';
import { digest } from '../engines/syntax/digest.js';
import type { NewRobot, Robot } from '../harbor/types.js';
import { isNamed, LIFE_DAYS, planRotation } from './rotation.js';
import type { KeptLogin, RobotNames, Rotation } from './rotation.js';

/** Whose pulls: one mirror's, from one place. */
export interface PullIdentity {
  readonly clusterId: string;
  readonly mirror: string;
  /** `host[:port]/project` that nodes pull from. */
  readonly pullPrefix: string;
}

/** Whose robot accounts: one mirror's, wherever they pull from. */
export type RobotOwner = Pick<PullIdentity, 'clusterId' | 'mirror'>;

interface PullRobotInput {
  /** All robot accounts of the project. */
  readonly robots: readonly Robot[];
  readonly identity: PullIdentity;
  readonly kept: KeptLogin | undefined;
  /** ms since 1970. */
  readonly now: number;
}

export function robotNames(identity: PullIdentity): RobotNames {
  const { clusterId, mirror, pullPrefix } = identity;
  const name = `registry-mirror-${digest({ clusterId, mirror, pullPrefix })}`;
  return [`${name}-a`, `${name}-b`];
}

/** A pull-only robot account of this project. */
export function newPullRobot(name: string, project: string, identity: PullIdentity): NewRobot {
  return {
    name,
    level: 'project',
    description: descriptionOf(identity),
    durationDays: LIFE_DAYS,
    permissions: [{ kind: 'project', namespace: project, access: [{ resource: 'repository', action: 'pull' }] }],
  };
}

/** Whether the robot account is this mirror's, by name and mark. */
export function isPullRobot(robot: Robot, identity: PullIdentity): boolean {
  return robotNames(identity).some((name) => isNamed(robot, name)) && robot.description === descriptionOf(identity);
}

/** Where Pods pull with this robot account, if it is this mirror's by name and mark; undefined for all others. */
export function pullPrefixOf(robot: Robot, owner: RobotOwner): string | undefined {
  const pullPrefix = decoded(/ pull=([^\s\]]+)\]$/.exec(robot.description)?.[1]);
  return pullPrefix !== undefined && isPullRobot(robot, { ...owner, pullPrefix }) ? pullPrefix : undefined;
}

/** Compares the robots of a project with the one whose secret is kept. Pure. */
export function planPullRobot({ robots, identity, kept, now }: PullRobotInput): Rotation {
  const isOurs = (robot: Robot): boolean => isPullRobot(robot, identity);
  return planRotation({ robots, names: robotNames(identity), isOurs, kept, now });
}

function descriptionOf({ clusterId, mirror, pullPrefix }: PullIdentity): string {
  const fields = { cluster: clusterId, mirror, pull: pullPrefix };
  const values = Object.entries(fields).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `Pods pull with it [${OPERATOR} v1 ${values.join(' ')}]`;
}

/** Somebody may have written anything there. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
