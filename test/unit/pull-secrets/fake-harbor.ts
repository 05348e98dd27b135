import { HarborError } from '../../../src/harbor/http/errors.js';
import type { CreatedRobot, NewRobot, Robot } from '../../../src/harbor/types.js';
import type { RobotsSession } from '../../../src/robots/session.js';

const DAY_S = 86_400;

/** The robot accounts of one Harbor. */
export class FakeHarbor {
  robots: Robot[] = [];
  readonly facts: { availability: { kind: 'up' | 'down' } } = { availability: { kind: 'up' } };
  readonly calls: string[] = [];
  /** What Harbor puts in front of robots' names. */
  prefix = 'robot$';
  /** What it says to a call instead of carrying it out. */
  failure: HarborError['kind'] | undefined;
  /** Whether it lets nobody list the robot accounts of a project, which it says as for a project that is gone. */
  mayNotList = false;
  /** The id of the project; undefined: it is gone. */
  projectId: number | undefined = 3;
  #lastId = 0;

  constructor(
    readonly url: string,
    readonly now: () => number,
  ) {}

  /** A new login each time. */
  session(): RobotsSession {
    return {
      url: this.url,
      facts: this.facts,
      signal: new AbortController().signal,
      client: {
        findProject: async (name) => {
          await this.#answer('GET', `find ${name}`);
          return this.projectId === undefined
            ? undefined
            : { id: this.projectId, name, metadata: {}, repositoryCount: 0 };
        },
        listProjectRobots: async (id) => {
          await this.#answer('GET', 'list');
          if (this.mayNotList || id !== this.projectId) await this.#refuse('GET', 'forbidden');
          return this.robots.map((robot) => ({ ...robot, name: this.prefix + robot.name }));
        },
        createRobot: async (robot) => {
          await this.#answer('POST', `create ${robot.name.slice(-2)}`);
          return this.#create(robot);
        },
        deleteRobot: async (id) => {
          const name = this.robots.find((robot) => robot.id === id)?.name ?? String(id);
          await this.#answer('DELETE', `delete ${name.slice(-2)}`);
          this.robots = this.robots.filter((robot) => robot.id !== id);
        },
      },
    };
  }

  /** The last letters of all robots' names, sorted. */
  names(): readonly string[] {
    return this.robots.map(({ name }) => name.slice(-2)).sort();
  }

  expireIn(days: number): void {
    const expiresAt = this.now() / 1000 + days * DAY_S;
    this.robots = this.robots.map((robot) => ({ ...robot, expiresAt }));
  }

  #create({ name, level, description, durationDays, permissions }: NewRobot): CreatedRobot {
    this.#lastId += 1;
    const id = this.#lastId;
    const [permission] = permissions;
    const stored = `${permission?.namespace ?? ''}+${name}`;
    const expiresAt = this.now() / 1000 + durationDays * DAY_S;
    this.robots.push({ id, name: stored, level, description, disabled: false, expiresAt, permissions });
    return { id, name: this.prefix + stored, secret: `password-${id}`, expiresAt };
  }

  #answer(method: 'GET' | 'POST' | 'DELETE', call: string): Promise<void> {
    this.calls.push(call);
    if (this.failure === undefined) return Promise.resolve();
    return this.#refuse(method, this.failure);
  }

  #refuse(method: 'GET' | 'POST' | 'DELETE', kind: HarborError['kind']): Promise<never> {
    return Promise.reject(new HarborError({ kind, method, path: '/api/v2.0/robots', reason: 'no' }));
  }
}
