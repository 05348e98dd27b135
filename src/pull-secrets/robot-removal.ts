import { HarborError } from '../harbor/http/errors.js';
import type { Robot } from '../harbor/types.js';
import { pullPrefixOf } from '../robots/pull-robot.js';
import type { RobotOwner } from '../robots/pull-robot.js';
import type { RobotsSession } from '../robots/session.js';
import type { OnWrite } from './on-write.js';

interface RobotRemoval {
  readonly session: RobotsSession;
  readonly owner: RobotOwner;
  /** The project's id, or its name where nothing tells the id. */
  readonly project: number | string;
  /** Whether Pods may still pull with those for this pull prefix. */
  readonly isInUse: (pullPrefix: string) => boolean;
  readonly onWrite: OnWrite;
}

/**
 * Deletes a mirror's robot accounts in a project, but those in use. They are found by their mark alone: the Secret that told of one may be gone.
 *
 * @throws HarborError
 */
export async function removeRobots({ session, owner, project, isInUse, onWrite }: RobotRemoval): Promise<void> {
  const id = typeof project === 'number' ? project : await idOf(session, project);
  const robots = id === undefined ? [] : await listOrNone(session, id);
  for (const robot of robots) {
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

async function idOf({ client, signal }: RobotsSession, project: string): Promise<number | undefined> {
  return (await client.findProject(project, { signal }))?.id;
}

/** A project that is gone took its robots along; a robot account is answered 403 then. */
async function listOrNone({ client, signal }: RobotsSession, projectId: number): Promise<readonly Robot[]> {
  try {
    return await client.listProjectRobots(projectId, { signal });
  } catch (error) {
    if (error instanceof HarborError && (error.kind === 'forbidden' || error.kind === 'notFound')) return [];
    throw error;
  }
}
