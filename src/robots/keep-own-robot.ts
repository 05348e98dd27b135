import { digest } from '../engines/syntax/digest.js';
import type { HarborApi } from '../harbor/api.js';
import type { NewRobot, Robot } from '../harbor/types.js';
import { newRobot } from '../harbor/permissions.js';
import { GRACE_MS, isNamed, LIFE_DAYS, planRotation } from './rotation.js';
import type { KeptLogin, RobotNames, Rotation } from './rotation.js';

type Robots = Pick<HarborApi, 'listSystemRobots' | 'createRobot' | 'deleteRobot'>;

/** The login of a robot that the operator made for itself. */
export interface OwnLogin {
  readonly username: string;
  readonly password: string;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** Undefined where an earlier version kept it. */
  readonly robotId?: number;
}

/** Where the login is kept: a Secret of the operator's namespace. */
export interface LoginStore {
  read(): Promise<OwnLogin | undefined>;
  write(login: OwnLogin): Promise<void>;
}

interface KeepOwnRobotOptions {
  /** Logged in as a user who may make robots. */
  readonly robots: Robots;
  readonly store: LoginStore;
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** For how long this process has known a login to be kept, in ms of a clock that never goes back. */
  readonly knownForMs?: (username: string) => number;
}

/** What was done about the operator's own robot account. */
export type OwnRobotResult =
  | { readonly kind: 'kept'; readonly againInMs?: number }
  /** There is a new robot, or it is called otherwise. */
  | { readonly kind: 'written'; readonly againInMs?: number }
  | { readonly kind: 'foreign'; readonly names: readonly string[] };

/**
 * Sees to it that the operator has a robot account of its own that is good for some days yet.
 *
 * @throws HarborError, or whatever the store throws
 */
export async function keepOwnRobot(options: KeepOwnRobotOptions): Promise<OwnRobotResult> {
  const { robots, store, clusterId, now, knownForMs = () => 0 } = options;
  const login = await store.read();
  const kept = login && keptLogin(login, Math.max(knownForMs(login.username), now() - issuedAt(login)));
  const rotation = planOwnRobot(await robots.listSystemRobots(), { clusterId, kept, now: now() });
  if (rotation.kind === 'foreign') return rotation;
  if (rotation.kind === 'replace') {
    if (rotation.remove !== undefined) await robots.deleteRobot(rotation.remove.id);
    const { id, name, secret, expiresAt } = await robots.createRobot(ownRobot(rotation.name, clusterId));
    await store.write({ username: name, password: secret, expiresAt: expiresAt * 1000, robotId: id });
    return { kind: 'written', againInMs: GRACE_MS };
  }
  const { username, retire, retireInMs } = rotation;
  if (username !== undefined && login !== undefined) await store.write({ ...login, username });
  for (const { id } of retire) await robots.deleteRobot(id);
  const kind = username === undefined ? 'kept' : 'written';
  return { kind, ...(retireInMs === undefined ? {} : { againInMs: retireInMs }) };
}

/** Those of the robots that the operator of this cluster made for itself, by name and mark. */
export function ownRobotsOf(robots: readonly Robot[], clusterId: string): readonly Robot[] {
  const names = namesOf(clusterId);
  const isOurs = (robot: Robot): boolean =>
    robot.description.includes(markOf(clusterId)) && names.some((name) => isNamed(robot, name));
  return robots.filter(isOurs);
}

/** Compares the robots that are there with the one whose secret is kept. Pure. */
function planOwnRobot(
  robots: readonly Robot[],
  { clusterId, kept, now }: { readonly clusterId: string; readonly kept: KeptLogin | undefined; readonly now: number },
): Rotation {
  const isOurs = ({ description }: Robot): boolean => description.includes(markOf(clusterId));
  return planRotation({ robots, names: namesOf(clusterId), isOurs, kept, now });
}

function ownRobot(name: string, clusterId: string): NewRobot {
  const robot = newRobot(name, LIFE_DAYS, { quotas: true, pullRobots: true });
  return { ...robot, description: `${robot.description} ${markOf(clusterId)}` };
}

function keptLogin({ username, robotId }: OwnLogin, ageMs: number): KeptLogin {
  return { username, ageMs, ...(robotId === undefined ? {} : { robotId }) };
}

function issuedAt({ expiresAt }: OwnLogin): number {
  return expiresAt - LIFE_DAYS * 86_400_000;
}

/** In its description: whose robot it is, whatever it is called. */
function markOf(clusterId: string): string {
  return `[registry-mirror-operator robot cluster=${encodeURIComponent(clusterId)}]`;
}

/** Several clusters may work with one Harbor. */
function namesOf(clusterId: string): RobotNames {
  const name = `registry-mirror-operator-${digest({ clusterId })}`;
  return [`${name}-a`, `${name}-b`];
}
