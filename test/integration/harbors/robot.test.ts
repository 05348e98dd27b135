import { expect } from 'chai';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { missingPermissions } from '../../../src/robots/check.js';
import { keepOwnRobot } from '../../../src/robots/keep-own-robot.js';
import type { OwnLogin, OwnRobotResult } from '../../../src/robots/keep-own-robot.js';
import { smallestPermissions, startHarbor } from '../../harbor/index.js';
import type { HarborStandIn, Permission } from '../../harbor/index.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useBareWorld } from '../bare-world.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SECRET = 'registry-mirror-operator-robot';
const none = {
  rewrite: { engine: 'None' },
  upstream: { type: 'docker-registry', url: 'https://registry.example.org' },
} as const;

function without(resource: string, action: string): readonly Permission[] {
  return smallestPermissions.map((permission) => ({
    ...permission,
    access: permission.access.filter((access) => access.resource !== resource || access.action !== action),
  }));
}

describe('What a robot account may do', () => {
  let harbor: HarborStandIn;
  const clients: HarborClient[] = [];

  before(async () => {
    harbor = await startHarbor({ unmappedHealthy: true });
  });
  after(async () => {
    for (const client of clients) client.close();
    await harbor.stop();
  });

  const ask = async (name: string, permissions: readonly Permission[]): Promise<readonly string[]> => {
    const client = createHarborClient({ url: harbor.url, ...harbor.addRobot(name, permissions) });
    clients.push(client);
    harbor.resetCounts();
    const missing = await missingPermissions(client, harbor.project('library')?.id);
    expect(harbor.writes()).to.deep.equal([]);
    return missing;
  };

  it('is found out by reads alone', async () => {
    expect(await ask('smallest', smallestPermissions)).to.deep.equal(['Quota: list (system)']);
    expect(await ask('no-list', without('registry', 'list'))).to.include('Registry: list (system)');
    expect(await ask('no-read', without('registry', 'read'))).to.include('Registry: read (system)');
    expect(await ask('no-delete', without('project', 'delete'))).to.include('Project: delete (all projects)');
  });
});

describe('A robot account that lacks a permission', function () {
  this.timeout(60_000);
  const world = useBareWorld({ operator: false });

  for (const [resource, action, named] of [
    ['registry', 'create', 'Registry: create (system)'],
    ['project', 'create', 'Project: create (system)'],
  ] as const) {
    it(`${resource}:${action} is told so in the words of Harbor’s form, and the mirror goes on once it has it`, async () => {
      const name = `lacks-${resource}`;
      const login = world().harbor.addRobot(name, without(resource, action));
      await world().startOperator({
        env: { HARBOR_USERNAME: login.username, HARBOR_PASSWORD: login.password },
      });
      await world().apply(name, none);
      const { message } = await world().until(name, 'Ready', 'False', 'HarborPermissionMissing');
      expect(message).to.include(named);
      const robot = world()
        .harbor.robots()
        .find((each) => each.name === name);
      if (robot !== undefined) robot.permissions = smallestPermissions;
      await world().reconcile(name);
      await world().untilReady(name);
      await eventually(() => {
        const lines = world().operator.log();
        const told = lines.filter(({ reason }) => reason === 'HarborPermissionMissing');
        expect(JSON.stringify(told)).to.include('Quota: list (system)');
      });
      await world().reconcile(name);
      const reachable = await world().until(name, 'HarborReachable', 'True', 'HarborPermissionMissing');
      expect(reachable.message).to.include('Quota: list (system)');
      await world().operator.stop();
    });
  }
});

describe('The operator’s own robot account', function () {
  this.timeout(60_000);
  const world = useBareWorld({ operator: false });
  const own = (): readonly string[] =>
    world()
      .harbor.robots()
      .filter(({ description }) => description.includes('[registry-mirror-operator robot'))
      .map(({ name }) => `robot$${name}`);
  const userOf = async (): Promise<string> => {
    const { stdout } = await world().cluster.kubectl([
      ...['get', 'secret', SECRET, '-n', NAMESPACE, '-o', 'jsonpath={.data.username}'],
    ]);
    return Buffer.from(stdout, 'base64').toString();
  };
  const start = async (): Promise<void> => {
    const { username, password } = world().harbor.admin;
    await world().startOperator({
      env: { HARBOR_USERNAME: username, HARBOR_PASSWORD: password, MINT_ROBOT: 'true' },
    });
  };
  after(async () => {
    await world().cluster.kubectl(['delete', 'secret', SECRET, '-n', NAMESPACE, '--ignore-not-found']);
  });

  it('is made with an administrator’s login, kept in a Secret, and is what mirrors are made with', async () => {
    await start();
    await world().apply('minted', none);
    await world().untilReady('minted');
    expect(own()).to.have.length(1);
    expect(await userOf()).to.equal(own()[0]);
    const users = new Set(
      world()
        .harbor.writes()
        .filter(({ route }) => route !== '/robots')
        .map(({ user }) => user),
    );
    expect([...users]).to.deep.equal(own());
    const [robot] = world()
      .harbor.robots()
      .filter(({ description }) => description.includes('registry-mirror-operator robot'));
    expect(JSON.stringify(world().operator.log())).to.not.include(robot?.secret ?? 'there is none');
  });

  it('is found again after a restart', async () => {
    const before = own();
    await world().operator.stop();
    await start();
    await world().reconcile('minted');
    await world().untilReady('minted');
    expect(own()).to.deep.equal(before);
  });

  it('is replaced when it is deleted in Harbor, and mirrors go on with the new one', async () => {
    await world().operator.stop();
    for (const { id } of world().harbor.robots()) world().harbor.state.robots.delete(id);
    await start();
    await eventually(async () => {
      expect(own()).to.have.length(1);
      expect(await userOf()).to.equal(own()[0]);
    });
    await world().reconcile('minted');
    await world().untilReady('minted');
  });
});

describe('Keeping a robot account', () => {
  let harbor: HarborStandIn;
  let admin: HarborClient;
  let kept: OwnLogin | undefined;
  let now = 0;
  let failing = false;

  before(async () => {
    harbor = await startHarbor();
    admin = createHarborClient({ url: harbor.url, ...harbor.admin });
    // Harbor's own clock says when a robot expires.
    now = Date.now();
  });
  after(async () => {
    admin.close();
    await harbor.stop();
  });

  const keep = async (clusterId = 'a'): Promise<OwnRobotResult['kind']> => {
    const { kind } = await keepOwnRobot({
      robots: admin,
      clusterId,
      now: () => now,
      store: {
        read: () => Promise.resolve(kept),
        write: (login) => {
          if (failing) return Promise.reject(new Error('the API server is away'));
          kept = login;
          return Promise.resolve();
        },
      },
    });
    return kind;
  };
  const names = (): readonly string[] => harbor.robots().map(({ name }) => `robot$${name}`);
  /** All that was made so far is so much older. */
  const letDaysPass = (days: number): void => {
    for (const robot of harbor.robots()) robot.expiresAt -= (days * DAY_MS) / 1000;
    if (kept !== undefined) kept = { ...kept, expiresAt: kept.expiresAt - days * DAY_MS };
  };

  it('makes one, and then leaves it alone', async () => {
    expect(await keep()).to.equal('written');
    expect(await keep()).to.equal('kept');
    expect(names()).to.deep.equal([kept?.username]);
  });

  it('makes another ten days before it expires, and deletes the old one once nobody works with it any more', async () => {
    const before = kept?.username;
    letDaysPass(21);
    expect(await keep()).to.equal('written');
    expect(kept?.username).to.not.equal(before);
    expect(names()).to.have.members([before, kept?.username]);
    now += 11 * MINUTE_MS;
    expect(await keep()).to.equal('kept');
    expect(names()).to.deep.equal([kept?.username]);
  });

  it('deletes the one whose secret was lost in a crash, and keeps the old one until then', async () => {
    const before = kept?.username;
    letDaysPass(21);
    failing = true;
    await keep().then(
      () => expect.fail('it was written'),
      () => undefined,
    );
    expect(names()).to.have.length(2).and.include(before);
    failing = false;
    expect(await keep()).to.equal('written');
    now += 11 * MINUTE_MS;
    await keep();
    expect(names()).to.deep.equal([kept?.username]);
  });

  it('leaves the robots of others alone', async () => {
    harbor.addRobot('someone-elses');
    const mine = kept;
    kept = undefined;
    expect(await keep('another-cluster')).to.equal('written');
    expect(names()).to.include.members([mine?.username, 'robot$someone-elses']);
    expect(names()).to.have.length(3);
  });
});
