import { expect } from 'chai';
import { PullLab } from './cut-pulls.js';

/** As Harbor answers a robot account that lacks a permission. */
const FORBIDDEN = {
  kind: 'answer',
  status: 403,
  body: { errors: [{ code: 'FORBIDDEN', message: 'forbidden' }] },
} as const;

describe('the robot accounts of a mirror that is deleted', function () {
  this.timeout(60_000);
  let world: PullLab;
  afterEach(async () => world.lab.stop());

  const serve = async (deletionPolicy: 'Delete' | 'Retain'): Promise<PullLab> => {
    world = await PullLab.start(deletionPolicy);
    world.lab.apply({ at: 'first' });
    await world.lab.work();
    expect(world.robots()).to.deep.equal(['first app']);
    return world;
  };
  const deleteNow = async ({ lab }: PullLab): Promise<void> => {
    lab.delete();
    await lab.work();
    expect(lab.mirror).to.equal(undefined);
  };

  it('go with a project that is deleted, also where the operator may not list them', async () => {
    const { lab } = await serve('Delete');
    lab.first.inject({ method: 'GET', route: '/robots' }, FORBIDDEN, Infinity);
    await deleteNow(world);
    expect(lab.first.project('app')).to.equal(undefined);
    expect(world.robots()).to.deep.equal([]);
  });
});
