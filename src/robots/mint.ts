import type { HarborApi } from '../harbor/api.js';
import type { Robot } from '../harbor/types.js';
import { newRobot } from './permissions.js';

type Robots = Pick<HarborApi, 'listSystemRobots' | 'createRobot' | 'deleteRobot'>;

/** The login of a robot that the operator made for itself. */
export interface MintedLogin {
  readonly username: string;
  readonly password: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** Where the login is kept: a Secret of the operator's namespace. */
export interface LoginStore {
  read(): Promise<MintedLogin | undefined>;
  write(login: MintedLogin): Promise<void>;
}

export interface RobotMintOptions {
  /** Logged in as a user who may make robots. */
  readonly robots: Robots;
  readonly store: LoginStore;
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 30;
/** So long before it expires a robot is replaced: time enough for a Harbor that is down. */
const RENEW_BEFORE_MS = 10 * DAY_MS;

/**
 * Sees to it that the operator has a robot account of its own that is good for some days yet. A robot's time can't be extended, so a new one
 * takes the place of the old: made, kept, and only then are the others of this cluster's deleted. After a crash in between, the next run
 * finds one that nobody has the secret of, and deletes it.
 *
 * @returns whether a robot was made
 * @throws HarborError, or whatever the store throws
 */
export async function keepRobot({ robots, store, clusterId, now }: RobotMintOptions): Promise<boolean> {
  const kept = await store.read();
  const all = (await robots.listSystemRobots()).filter((robot) => isOurs(robot, clusterId));
  const current = all.find((robot) => robot.name === kept?.username && !robot.disabled);
  if (kept !== undefined && current !== undefined && kept.expiresAt - now() > RENEW_BEFORE_MS) {
    await deleteOthers(robots, all, current.name);
    return false;
  }
  const wanted = newRobot(nameOf(clusterId, now()), VALID_DAYS, { quotas: true, adapters: true, pullRobots: true });
  const description = `${wanted.description} ${markOf(clusterId)}`;
  const made = await robots.createRobot({ ...wanted, description });
  await store.write({ username: made.name, password: made.secret, expiresAt: made.expiresAt * 1000 });
  await deleteOthers(robots, all, made.name);
  return true;
}

async function deleteOthers(robots: Robots, all: readonly Robot[], keep: string): Promise<void> {
  for (const robot of all) if (robot.name !== keep) await robots.deleteRobot(robot.id);
}

/** In its description: whose robot it is, whatever it is called. */
function markOf(clusterId: string): string {
  return `[registry-mirror-operator robot cluster=${encodeURIComponent(clusterId)}]`;
}

function isOurs({ description }: Robot, clusterId: string): boolean {
  return description.includes(markOf(clusterId));
}

/** Harbor takes lower case letters, digits and single dots, dashes and underscores. */
function nameOf(clusterId: string, now: number): string {
  const cluster = clusterId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
    .slice(0, 12);
  return `registry-mirror-operator-${cluster}-${now.toString(36)}`.replace(/--+/g, '-');
}
