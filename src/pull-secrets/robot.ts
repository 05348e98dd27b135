import { OPERATOR } from '../api/group.js';
import type { NewRobot, Robot } from '../harbor/types.js';
import { digest } from '../engines/digest.js';
import type { Identity } from '../mirror/plan/ownership.js';

const DAY_MS = 86_400_000;
/** How long a robot account is valid. Harbor counts in whole days. */
export const LIFE_DAYS = 30;
/** Replaced when only a third of its life is left: time enough for a Harbor that is down. */
const RENEW_BEFORE_MS = (LIFE_DAYS * DAY_MS) / 3;
/** How long a replaced robot stays: kubelets keep a Secret for up to a minute or two, and a pull takes its time. */
const GRACE_MS = 10 * 60_000;

/** Whose pulls: one mirror's, from one place. */
export interface PullIdentity extends Identity {
  /** `host[:port]/project` that nodes pull from. */
  readonly pullPrefix: string;
}

/** The robot account whose secret the operator keeps. */
export interface KeptRobot {
  readonly id: number;
  /** When its secret was made, in ms since 1970. */
  readonly issuedAt: number;
}

/** What to do about the robot accounts of one project. */
export type RobotPlan =
  | { readonly kind: 'keep'; readonly retire: readonly Robot[] }
  /** Make `name`, after `remove`, of which nobody has the secret any more, is gone. */
  | { readonly kind: 'replace'; readonly name: string; readonly remove?: Robot }
  /** Both names are somebody else's. */
  | { readonly kind: 'foreign'; readonly names: readonly string[] };

export interface RobotInput {
  /** All robot accounts of the project. */
  readonly robots: readonly Robot[];
  readonly identity: PullIdentity;
  readonly kept: KeptRobot | undefined;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Two names that take turns: a new secret for the same robot would void the old one at once, while Pods are still being
 * started with it.
 */
export function robotNames(identity: PullIdentity): readonly [string, string] {
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
  return isNamed(robot, robotNames(identity)) && robot.description === descriptionOf(identity);
}

/**
 * Compares the robots of a project with the one whose secret is kept. Pure.
 *
 * Killed between making a robot and keeping its secret, the next look finds one that it has no secret of: it is removed, and made anew.
 */
export function planRobot({ robots, identity, kept, now }: RobotInput): RobotPlan {
  const names = robotNames(identity);
  const ours = robots.filter((robot) => isPullRobot(robot, identity));
  const current = ours.find(({ id, disabled }) => id === kept?.id && !disabled);
  if (current !== undefined && kept !== undefined && !isDue(current, now)) {
    const mayRetire = now - kept.issuedAt >= GRACE_MS;
    return { kind: 'keep', retire: mayRetire ? ours.filter(({ id }) => id !== current.id) : [] };
  }
  const free = names.filter((name) => current === undefined || !isNamed(current, [name]));
  for (const name of free) {
    const holder = robots.find((robot) => isNamed(robot, [name]));
    if (holder === undefined) return { kind: 'replace', name };
    if (ours.includes(holder)) return { kind: 'replace', name, remove: holder };
  }
  return { kind: 'foreign', names: free };
}

function isDue({ expiresAt }: Robot, now: number): boolean {
  return expiresAt !== -1 && expiresAt * 1000 - now <= RENEW_BEFORE_MS;
}

/** Harbor puts its own prefix (`robot$`, which can be changed) and the project in front. */
function isNamed({ name }: Robot, names: readonly string[]): boolean {
  return names.some((own) => name.endsWith(`+${own}`));
}

function descriptionOf({ clusterId, mirror, pullPrefix }: PullIdentity): string {
  const fields = { cluster: clusterId, mirror, pull: pullPrefix };
  const values = Object.entries(fields).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `Pods pull with it [${OPERATOR} v1 ${values.join(' ')}]`;
}
