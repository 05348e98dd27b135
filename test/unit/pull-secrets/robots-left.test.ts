import { expect } from 'chai';
import { HarborError } from '../../../src/harbor/http/errors.js';
import { verdictOf } from '../../../src/harbor/outcome.js';
import type { Robot } from '../../../src/harbor/types.js';
import { newPullRobot, pullPrefixOf, robotNames } from '../../../src/robots/pull-robot.js';
import { injecting, PREFIX, PullWorld } from './pull-world.js';

const OURS = { clusterId: 'c1', mirror: 'team' };

function robot(id: number, identity: Parameters<typeof robotNames>[0], more: Partial<Robot> = {}): Robot {
  const { name, level, description, permissions } = newPullRobot(robotNames(identity)[0], 'team', identity);
  return { id, name: `team+${name}`, level, description, permissions, disabled: false, expiresAt: -1, ...more };
}

const OWN = robot(1, { ...OURS, pullPrefix: PREFIX });
const FOREIGN: Readonly<Record<string, Robot>> = {
  'of another mirror': robot(2, { ...OURS, mirror: 'team-b', pullPrefix: PREFIX }),
  'of another cluster': robot(3, { ...OURS, clusterId: 'c2', pullPrefix: PREFIX }),
  'whose mark was added to': { ...OWN, id: 4, description: `Ours: ${OWN.description}` },
  'with our mark and a name of its own': { ...OWN, id: 5, name: 'team+puller' },
  'whose mark can’t be read': { ...OWN, id: 6, description: OWN.description.replace(/pull=.*\]/, 'pull=%E0%A4%A]') },
  'without a mark': { ...OWN, id: 7, description: '' },
};

describe('robot accounts in a project that a mirror leaves', () => {
  let world: PullWorld;
  const leave = async (current?: string): Promise<void> =>
    world.room.removeRobotsIn(world.present, world.harbor.session(), 'team', current);

  beforeEach(() => {
    world = new PullWorld();
  });

  it('are deleted by their mark, whatever they are for, and no others are', async () => {
    const other = robot(8, { ...OURS, pullPrefix: 'elsewhere.test:8443/team' });
    world.harbor.robots = [OWN, ...Object.values(FOREIGN), other];
    await leave();
    expect(world.harbor.robots.map(({ id }) => id)).to.deep.equal(Object.values(FOREIGN).map(({ id }) => id));
    expect(world.harbor.calls).to.deep.equal(['find team', 'list', 'delete -a', 'delete -a']);
  });

  for (const [which, foreign] of Object.entries(FOREIGN)) {
    it(`are not taken for this mirror’s: one ${which}`, () => {
      expect(pullPrefixOf(foreign, OURS)).to.equal(undefined);
    });
  }

  it('stay as far as they are in use, where it is the mirror’s present Harbor under another name', async () => {
    await world.provide();
    world.harbor.robots.push({ ...robot(8, { ...OURS, pullPrefix: 'former.test/team' }) });
    await leave('new.test/team');
    expect(world.harbor.robots.map(({ id }) => id)).to.deep.equal([1]);
  });

  it('go where the mirror serves from another Harbor, although a Secret still tells of them', async () => {
    await world.provide();
    await leave();
    expect(world.harbor.robots).to.deep.equal([]);
  });

  describe('that Harbor answers 403 for, when they are to be listed,', () => {
    /** What a person is told of a call that fails. */
    const told = async (calls: Promise<unknown>): Promise<string> => {
      try {
        await calls;
        return 'done';
      } catch (error) {
        if (!(error instanceof HarborError)) throw error;
        const verdict = verdictOf(error);
        return verdict.kind === 'ready' ? 'ready' : `${verdict.kind} ${verdict.reason}: ${verdict.message}`;
      }
    };
    const MISSING = /^waiting HarborPermissionMissing: .* lacks the permission Robot Account: list/;

    beforeEach(async () => {
      await world.provide();
    });

    it('are not taken for gone where the project has just been found', async () => {
      world.harbor.mayNotList = true;
      expect(await told(leave())).to.match(MISSING);
    });

    it('are not taken for gone where a Secret told the id of a project that is still there', async () => {
      world.rests();
      world.harbor.mayNotList = true;
      expect(await told(world.room.release(world.present, 'nothing'))).to.match(MISSING);
      world.harbor.mayNotList = false;
      expect(await told(world.room.release(world.present, 'nothing'))).to.equal('done');
      expect(world.harbor.robots).to.deep.equal([]);
    });

    it('are said to be left of a mirror that goes and keeps all else', async () => {
      world.rests();
      world.harbor.mayNotList = true;
      expect((await world.room.release(world.present, 'what may last')).join()).to.include('a robot account');
    });

    for (const [what, id] of Object.entries({ 'is gone': undefined, 'is another one of the same name': 4 })) {
      it(`are gone where the project ${what}`, async () => {
        world.rests();
        world.harbor.projectId = id;
        expect(await told(world.room.release(world.present, 'nothing'))).to.equal('done');
        expect([...world.secrets.keys()]).to.deep.equal([]);
      });
    }
  });

  it('may be there for a mirror with pull Secrets only', async () => {
    expect(world.room.mayHaveRobots(injecting())).to.equal(true);
    world.present = injecting({ pullSecret: 'None' });
    expect(world.room.mayHaveRobots(world.present)).to.equal(false);
    world.present = injecting();
    await world.provide();
    world.present = injecting({ pullSecret: 'None' });
    expect(world.room.mayHaveRobots(world.present)).to.equal(true);
  });
});

describe('a mirror that is deleted after somebody has deleted its pull Secret', () => {
  let world: PullWorld;
  const url = 'https://harbor.test';
  beforeEach(async () => {
    world = new PullWorld();
    await world.provide();
    world.secrets.clear();
    world.rests();
  });

  for (const [how, harbor] of Object.entries({
    'before a status told its project’s id': { url, projectName: 'team' },
    'and whose pull host has changed': { url, projectName: 'team', projectID: 3 },
  })) {
    it(`leaves no robot account: ${how}`, async () => {
      world.present = injecting({}, { status: { pullPrefix: 'new.test/team', harbor } });
      expect(await world.room.release(world.present, 'nothing')).to.deep.equal([]);
      expect(world.harbor.robots).to.deep.equal([]);
    });
  }

  it('asks no Harbor where it never had anything', async () => {
    await world.room.release(injecting(), 'nothing');
    expect(world.done()).to.deep.equal([]);
  });

  it('deletes nothing by its id alone: Harbor may have given that to another one', async () => {
    world = new PullWorld();
    await world.provide();
    world.harbor.robots = world.harbor.robots.map((each) => ({ ...each, name: 'team+by-hand', description: '' }));
    await world.room.release(world.present, 'nothing');
    expect(world.harbor.robots).to.have.length(1);
  });
});
