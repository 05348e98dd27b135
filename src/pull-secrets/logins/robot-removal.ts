import { isHarborError } from '../../harbor/http/errors.js';
import type { HarborError } from '../../harbor/http/errors.js';
import type { Robot } from '../../harbor/types.js';
import { pullPrefixOf } from '../../robots/pull-robot.js';
import type { RobotOwner } from '../../robots/pull-robot.js';
import type { RobotsSession } from '../../robots/session.js';
import type { OnWrite } from '../on-write.js';

/** A project that has robot accounts, or may have some. */
export interface RobotProject {
  readonly name: string;
  /** Left out where nothing tells it. */
  readonly id?: number | undefined;
}

/**
 * What may be left of a mirror that goes.
 *
 * - `nothing`
 * - `what may last`: robot accounts that no second try is likely to delete. The Secrets go with the mirror, which owns them.
 * - `anything`: robot accounts that one call didn't delete, and Secrets.
 */
export type MayLeave = 'nothing' | 'what may last' | 'anything';

/** What is known of a Harbor, whether it answers. */
type Availability = RobotsSession['facts']['availability'];

/** What passes without anybody's doing, as long as Harbor answers at all. */
const PASSING = [
  'unreachable',
  'timeout',
  'aborted',
  'unauthorized',
  'conflict',
  'rateLimited',
  'serverError',
] as const;

interface RobotRemoval {
  readonly session: RobotsSession;
  readonly owner: RobotOwner;
  readonly project: RobotProject;
  /** Whether Pods may still pull with those for this pull prefix. */
  readonly isInUse: (pullPrefix: string) => boolean;
  readonly onWrite: OnWrite;
}

/**
 * Deletes a mirror's robot accounts in a project, but those in use. They are found by their mark alone: the Secret that told of one may be gone.
 *
 * @throws HarborError, also where the operator may not list them
 */
export async function removeRobots({ session, owner, project, isInUse, onWrite }: RobotRemoval): Promise<void> {
  for (const robot of await robotsIn(session, project)) {
    const pullPrefix = pullPrefixOf(robot, owner);
    if (pullPrefix !== undefined && !isInUse(pullPrefix)) await deleteRobot(session, robot, onWrite);
  }
}

/** @throws HarborError */
export async function deleteRobot(
  { client, signal }: RobotsSession,
  { id, name }: Robot,
  onWrite: OnWrite,
): Promise<void> {
  await client.deleteRobot(id, { signal });
  onWrite(`delete robot account ${name}`);
}

/** Whether a Harbor answers, as far as is known: it is neither down nor refuses the login. */
export function answers({ kind }: Availability): boolean {
  return kind === 'up' || kind === 'unknown';
}

/** Whether what kept robot accounts from being deleted may last: their Harbor doesn't answer, or refuses just this. */
export function mayLast(error: HarborError, availability: Availability): boolean {
  return !answers(availability) || !isHarborError(error, ...PASSING);
}

/** A project that is gone took its robot accounts along. */
async function robotsIn(session: RobotsSession, project: RobotProject): Promise<readonly Robot[]> {
  const { client, signal } = session;
  const id = project.id ?? (await idOf(session, project));
  if (id === undefined) return [];
  try {
    return await client.listProjectRobots(id, { signal });
  } catch (error) {
    if (isHarborError(error, 'notFound')) return [];
    // Harbor answers a robot account 403 for a project that is gone, and for one whose robot accounts it may not list: the list of projects tells which.
    if (isHarborError(error, 'forbidden') && (await idOf(session, project)) !== id) return [];
    throw error;
  }
}

async function idOf({ client, signal }: RobotsSession, { name }: RobotProject): Promise<number | undefined> {
  return (await client.findProject(name, { signal }))?.id;
}
