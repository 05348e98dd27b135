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

  it('go with Retain, too, where a call fails for once', async () => {
    const { lab } = await serve('Retain');
    for (const [method, route] of [
      ['GET', '/robots'],
      ['DELETE', '/robots/{id}'],
    ] as const) {
      lab.first.inject({ method, route }, { kind: 'answer', status: 500 });
    }
    await deleteNow(world);
    expect(lab.first.project('app'), 'the project').to.not.equal(undefined);
    expect(world.robots()).to.deep.equal([]);
  });

  it('hold up no mirror with Retain where the operator may not list them', async () => {
    const { lab } = await serve('Retain');
    lab.first.inject({ method: 'GET', route: '/robots' }, FORBIDDEN, Infinity);
    await deleteNow(world);
    expect(world.robots()).to.deep.equal(['first app, untold']);
  });
});
