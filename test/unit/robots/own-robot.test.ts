import { expect } from 'chai';
import { REASONS } from '../../../src/api/reasons.js';
import { waiting } from '../../../src/api/verdict.js';
import { HarborError } from '../../../src/harbor/http/errors.js';
import type { Robot } from '../../../src/harbor/types.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { Log, LogFields } from '../../../src/log.js';
import type { OwnLogin } from '../../../src/robots/keep-own-robot.js';
import { OwnRobot } from '../../../src/robots/own-robot.js';
import type { RobotsClient } from '../../../src/robots/own-robot.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Harbor's system robots, the Secret of the operator's, and what was logged. */
class OwnWorld {
  robots: Robot[] = [];
  kept: OwnLogin | undefined;
  now = Date.parse('2026-11-25T12:00:00Z');
  prefix = 'robot$';
  failure: Error | undefined;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  isReachable = true;
  #lastId = 0;
  #monotonic = 0;
  readonly own: OwnRobot;

  constructor() {
    const note =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        this.lines.push({ level, message, fields });
      };
    const log: Log = {
      error: note('error'),
      warn: note('warn'),
      info: note('info'),
      debug: note('debug'),
      with: () => log,
    };
    this.own = new OwnRobot({
      client: () =>
        this.isReachable
          ? { ok: true, value: this.#client() }
          : { ok: false, problem: waiting(REASONS.secretNotFound, 'There is no Secret admin.') },
      store: {
        read: () => Promise.resolve(this.kept),
        write: (login) => {
          this.kept = login;
          return Promise.resolve();
        },
      },
      clusterId: 'c1',
      log,
      now: () => this.now,
      monotonic: () => this.#monotonic,
    });
  }

  pass(ms: number): void {
    this.now += ms;
    this.#monotonic += ms;
  }

  names(): readonly string[] {
    return this.robots.map(({ name }) => name.slice(-2));
  }

  levels(): readonly string[] {
    return this.lines.splice(0).map(({ level }) => level);
  }

  #client(): RobotsClient {
    const answer = <T>(value: T): Promise<T> =>
      this.failure === undefined ? Promise.resolve(value) : Promise.reject(this.failure);
    return {
      listSystemRobots: () => answer(this.robots.map((robot) => ({ ...robot, name: this.prefix + robot.name }))),
      createRobot: ({ name, level, description, durationDays, permissions }) => {
        this.#lastId += 1;
        const id = this.#lastId;
        const expiresAt = (this.now + durationDays * DAY_MS) / 1000;
        this.robots.push({ id, name, level, description, disabled: false, expiresAt, permissions });
        return answer({ id, name: this.prefix + name, secret: `password-${id}`, expiresAt });
      },
      deleteRobot: (id) => {
        this.robots = this.robots.filter((robot) => robot.id !== id);
        return answer(undefined);
      },
      close: () => undefined,
    };
  }
}

describe('the operator’s own robot account', () => {
  let world: OwnWorld;
  beforeEach(async () => {
    world = new OwnWorld();
    await world.own.look();
    world.levels();
  });

  it('is made once, and looked at every ten minutes', async () => {
    expect(world.names()).to.deep.equal(['-a']);
    expect(await world.own.look()).to.equal(10 * MINUTE_MS);
    expect(world.names()).to.deep.equal(['-a']);
    expect(world.kept).to.include({ robotId: 1, password: 'password-1' });
  });

  it('asks for no right that nothing needs', () => {
    expect(JSON.stringify(world.robots)).to.include('"robot"').and.not.include('replication-adapter');
  });

  it('has a successor ten days before its end, and stays ten minutes longer', async () => {
    world.pass(20 * DAY_MS);
    expect(await world.own.look()).to.equal(10 * MINUTE_MS);
    expect(world.names()).to.deep.equal(['-a', '-b']);
    world.pass(4 * MINUTE_MS);
    expect(await world.own.look()).to.equal(6 * MINUTE_MS);
    world.pass(6 * MINUTE_MS);
    await world.own.look();
    expect(world.names()).to.deep.equal(['-b']);
    expect(world.kept?.username).to.match(/-b$/);
  });

  it('is retired in time although the clock on the wall was put back', async () => {
    world.pass(20 * DAY_MS);
    await world.own.look();
    await world.own.look();
    world.now -= 60 * MINUTE_MS;
    world.pass(10 * MINUTE_MS);
    await world.own.look();
    expect(world.names()).to.deep.equal(['-b']);
  });

  it('keeps its password under the name that it has since Harbor was given another prefix', async () => {
    world.prefix = 'bot-';
    await world.own.look();
    expect(world.kept).to.include({ password: 'password-1' });
    expect(world.kept?.username).to.match(/^bot-.*-a$/);
    expect(world.names()).to.deep.equal(['-a']);
    expect(world.levels()).to.deep.equal(['info']);
  });

  it('that an earlier version made is kept until it is due', async () => {
    const [robot] = world.robots;
    if (robot === undefined || world.kept === undefined) throw new Error('There is none.');
    world.robots = [{ ...robot, name: 'registry-mirror-operator-c1-lx2k9' }];
    const { password, expiresAt } = world.kept;
    world.kept = { username: 'robot$registry-mirror-operator-c1-lx2k9', password, expiresAt };
    await world.own.look();
    expect(world.robots.map(({ name }) => name)).to.deep.equal(['registry-mirror-operator-c1-lx2k9']);
  });

  it('is waited for with growing pauses where Harbor or the API server doesn’t answer, and that is said once', async () => {
    world.failure = new HarborError({ kind: 'unreachable', method: 'GET', path: '/api/v2.0/robots', reason: 'no' });
    const pauses = [await world.own.look(), await world.own.look(), await world.own.look(), await world.own.look()];
    expect(pauses[3]).to.be.above(pauses[0] ?? Infinity);
    expect(world.levels()).to.deep.equal(['warn']);
    world.failure = new KubernetesError('unavailable', 'the API server is away', 503);
    await world.own.look();
    expect(world.lines[0]?.message).to.include('the API server is away');
    expect(world.lines[0]?.fields).to.not.have.property('error');
  });

  it('is waited for where there is no login for it', async () => {
    world.isReachable = false;
    await world.own.look();
    expect(world.lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      "warn The operator's robot account could not be seen to; trying again. There is no Secret admin.",
    ]);
  });

  it('shows a bug with its stack, and tries again slowly', async () => {
    world.failure = new TypeError('x is not a function');
    expect(await world.own.look()).to.equal(5 * MINUTE_MS);
    const [line] = world.lines;
    expect(line).to.include({ level: 'error' });
    expect(line?.fields.error).to.equal(world.failure);
  });

  it('tells a person where both names are somebody else’s', async () => {
    const [robot] = world.robots;
    if (robot === undefined) throw new Error('There is none.');
    world.robots = [
      { ...robot, description: 'by hand' },
      { ...robot, id: 9, name: robot.name.replace(/a$/, 'b'), description: 'by hand' },
    ];
    expect(await world.own.look()).to.equal(5 * MINUTE_MS);
    expect(world.lines[0]?.message).to.include('Delete or rename it');
  });
});
