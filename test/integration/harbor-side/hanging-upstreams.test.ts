import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { useBareWorld } from '../bare-world.js';

const HANGING = Array.from({ length: 30 }, (_, index) => `hanging-${String(index)}`);

/** Less than it takes to give up on one that hangs. */
const HANGS_MS = 5000;

describe('Upstreams that hang', function () {
  this.timeout(120_000);
  const world = useBareWorld();

  const apply = async (name: string): Promise<void> => {
    const upstream = { type: 'docker-registry', url: `https://${name}.example.org` };
    await world().apply(name, { upstream, rewrite: { engine: 'None' } });
  };

  before(async () => {
    for (const name of HANGING) {
      world().harbor.mapHost(`${name}.example.org`, {});
      world().harbor.setUpstream(`${name}.example.org`, 'hanging');
    }
    for (const name of HANGING) await apply(name);
  });

  it('are said not to answer, by their mirrors, while Harbor is reachable', async () => {
    for (const name of HANGING) {
      const { message } = await world().until(name, 'Ready', 'False', 'UpstreamUnhealthy');
      expect(message).to.include("doesn't answer");
      await world().until(name, 'HarborReachable', 'True');
    }
  });

  it('do not keep a new mirror waiting', async () => {
    world().harbor.mapHost('healthy.example.org', {});
    await apply('healthy');
    await world().until('healthy', 'Ready', 'True', undefined, HANGS_MS);
  });

  it('do not keep an edit on the same Harbor waiting for which no upstream has to be asked', async () => {
    const upstream = { type: 'docker-registry', url: 'https://healthy.example.org' };
    await world().apply('healthy', { upstream, rewrite: { engine: 'None' }, project: { autoScan: true } });
    await eventually(
      () => {
        expect(world().harbor.project('healthy')?.metadata.auto_scan).to.equal('true');
      },
      { timeoutMs: HANGS_MS },
    );
  });

  it('hold a few calls of Harbor’s and no more', () => {
    const asked = world().harbor.endpoints().length;
    expect(asked).to.equal(1);
    expect(world().harbor.count({ method: 'POST', route: '/registries' })).to.be.at.most(16);
  });

  it('are mirrored once they answer, and made once', async () => {
    for (const name of HANGING) world().harbor.setUpstream(`${name}.example.org`, 'up');
    for (const name of HANGING) await world().until(name, 'Ready', 'True', undefined, 60_000);
    await eventually(() => {
      const names = world()
        .harbor.endpoints()
        .map(({ name }) => name);
      expect(names).to.have.members(['healthy', ...HANGING]);
    });
  });
});
