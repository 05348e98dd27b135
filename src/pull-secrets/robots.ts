import { HarborError } from '../harbor/http/errors.js';
import type { Project, Robot } from '../harbor/types.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';
import { isPullRobot, newPullRobot, planRobot } from './robot.js';
import type { KeptRobot, PullIdentity, RobotPlan } from './robot.js';
import type { RobotRecord } from './pull-secret.js';

/** Robots have no list of all projects: each project is a read of its own, so they are looked at less often than the rest. */
const MAX_AGE_MS = 3_600_000;

/** A robot account that was just made; Harbor tells its secret this once. */
export interface MadeRobot {
  readonly id: number;
  readonly username: string;
  readonly password: string;
}

export interface RobotsRequest {
  readonly session: HarborSession;
  readonly project: Pick<Project, 'id' | 'name'>;
  readonly identity: PullIdentity;
  readonly kept: KeptRobot | undefined;
  /** Whether to read anew. */
  readonly fresh: boolean;
}

/** What came of a look at a project's robots. */
export type RobotsResult =
  | { readonly kind: 'kept' }
  | { readonly kind: 'made'; readonly robot: MadeRobot }
  | { readonly kind: 'foreign'; readonly names: readonly string[] };

/** The pull robots in Harbor's projects. */
export class PullRobots {
  /** By Harbor and project. */
  readonly #lists = new Map<string, { readonly robots: readonly Robot[]; readonly at: number }>();
  readonly #now: () => number;
  readonly #onWrite: (mirror: string, what: string) => void;

  /** @param onWrite - told of each robot made or deleted, by its name */
  constructor(now: () => number, onWrite: (mirror: string, what: string) => void) {
    this.#now = now;
    this.#onWrite = onWrite;
  }

  /**
   * Sees to it that there is a robot that is good for a while yet, and takes away the one before it after some time.
   *
   * @throws HarborError
   */
  async keep(request: RobotsRequest): Promise<RobotsResult> {
    const { session, project } = request;
    const first = await this.#plan(request, request.fresh ? 0 : MAX_AGE_MS);
    if (first.kind === 'keep' && first.retire.length === 0) return { kind: 'kept' };
    // Nothing is written on an old list.
    const plan = await this.#plan(request, 0);
    if (plan.kind === 'foreign') return plan;
    this.#lists.delete(keyOf(session, project.id));
    if (plan.kind === 'keep') {
      for (const robot of plan.retire) await this.#delete(request, robot);
      return { kind: 'kept' };
    }
    if (plan.remove !== undefined) await this.#delete(request, plan.remove);
    return { kind: 'made', robot: await this.#make(request, plan.name) };
  }

  /**
   * Deletes the robots behind a pull Secret.
   *
   * @throws HarborError
   */
  async remove(session: HarborSession, identity: PullIdentity, { projectId, robotId }: RobotRecord): Promise<void> {
    const { client, signal } = session;
    this.#lists.delete(keyOf(session, projectId));
    const robots = await listOrNone(session, projectId);
    const ours = robots.filter((robot) => robot.id === robotId || isPullRobot(robot, identity));
    for (const { id, name } of ours) {
      await client.deleteRobot(id, { signal });
      this.#onWrite(identity.mirror, `delete robot account ${name}`);
    }
  }

  async #plan({ session, project, identity, kept }: RobotsRequest, maxAgeMs: number): Promise<RobotPlan> {
    const robots = await this.#list(session, project.id, maxAgeMs);
    return planRobot({ robots, identity, kept, now: this.#now() });
  }

  async #list(session: HarborSession, projectId: number, maxAgeMs: number): Promise<readonly Robot[]> {
    const known = this.#lists.get(keyOf(session, projectId));
    if (known !== undefined && this.#now() - known.at < maxAgeMs) return known.robots;
    const at = this.#now();
    const robots = await session.client.listProjectRobots(projectId, { signal: session.signal });
    this.#lists.set(keyOf(session, projectId), { robots, at });
    return robots;
  }

  async #make({ session, project, identity }: RobotsRequest, name: string): Promise<MadeRobot> {
    const robot = newPullRobot(name, project.name, identity);
    const made = await session.client.createRobot(robot, { signal: session.signal });
    this.#onWrite(identity.mirror, `create robot account ${made.name}`);
    return { id: made.id, username: made.name, password: made.secret };
  }

  async #delete({ session, identity }: RobotsRequest, { id, name }: Robot): Promise<void> {
    await session.client.deleteRobot(id, { signal: session.signal });
    this.#onWrite(identity.mirror, `delete robot account ${name}`);
  }
}

function keyOf({ url }: HarborSession, projectId: number): string {
  return `${url} ${projectId}`;
}

/** A project that is gone took its robots along; a robot account is answered 403 then. */
async function listOrNone({ client, signal }: HarborSession, projectId: number): Promise<readonly Robot[]> {
  try {
    return await client.listProjectRobots(projectId, { signal });
  } catch (error) {
    if (error instanceof HarborError && (error.kind === 'forbidden' || error.kind === 'notFound')) return [];
    throw error;
  }
}
