import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { planPullRobots } from '../../../src/cli/plan/pull-robots.js';
import type { PullRobotsPlan } from '../../../src/cli/plan/pull-robots.js';
import { pullSecretsOf } from '../../../src/pull-secrets/observe.js';
import { injecting, inOrder, PREFIX, PullWorld } from '../pull-secrets/pull-world.js';

const NAME = /registry-mirror-[0-9a-f]{10}-[ab]$/;

describe('the plan of pull robots', () => {
  let world: PullWorld;
  beforeEach(() => {
    world = new PullWorld();
  });

  const plan = async (mirror: RegistryMirror = world.present, pullPrefix = PREFIX): Promise<PullRobotsPlan> =>
    planPullRobots({
      mirror,
      session: world.harbor.session(),
      pullPrefix,
      project: { id: 3, name: 'team' },
      secrets: pullSecretsOf(mirror, world),
      clusterId: 'c1',
      now: world.now,
    });
  /** The operator does what was planned. */
  const carryOut = async (): Promise<void> => {
    await world.room.settle(world.present, inOrder());
    world.done();
  };

  it('creates one where there is none, also in a project that is yet to be made', async () => {
    const { actions } = await plan();
    expect(actions).to.have.length(1);
    expect(actions[0])
      .to.match(/^create robot account /)
      .and.match(NAME);
    const input = { mirror: world.present, session: world.harbor.session(), pullPrefix: PREFIX, project: undefined };
    expect((await planPullRobots({ ...input, secrets: [], clusterId: 'c1', now: world.now })).actions).to.deep.equal(
      actions,
    );
  });

  it('is empty once the operator has done so, and nothing is written by planning', async () => {
    await carryOut();
    expect(await plan()).to.deep.equal({ actions: [], later: [] });
    expect(world.done()).to.deep.equal(['list']);
  });

  it('replaces one that is due', async () => {
    await carryOut();
    world.harbor.expireIn(9);
    const { actions } = await plan();
    expect(actions.map((action) => action.slice(-2))).to.deep.equal(['-b']);
    expect(actions[0]).to.match(/^create robot account /);
  });

  it('has the name follow Harbor’s prefix', async () => {
    await carryOut();
    world.harbor.prefix = 'bot-';
    expect((await plan()).actions[0]).to.match(/^write the new name of robot account bot-team\+/);
  });

  it('deletes it later where the mirror asks for none any more, or serves from another place', async () => {
    await carryOut();
    const later = [`delete the robot account for pulling from ${PREFIX}`];
    expect(await plan(injecting({ pullSecret: 'None' }))).to.deep.equal({ actions: [], later });
    expect((await plan(world.present, 'harbor.test/team-two')).later).to.deep.equal(later);
  });

  it('is not known where Harbor can’t be asked, and says why', async () => {
    world.harbor.failure = 'forbidden';
    const { failed, problem } = await plan();
    expect(failed).to.equal(true);
    expect(problem).to.include('Robot Account: list');
  });
});
