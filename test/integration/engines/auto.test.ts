import { expect } from 'chai';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { SERVED_ENGINES } from '../policy/served.js';
import { useWorld } from '../use-world.js';

const image = 'quay.io/a/b:1';
const BEST = (['MutatingAdmissionPolicy', 'MutatingPolicy', 'ClusterPolicy'] as const).find((engine) =>
  SERVED_ENGINES.includes(engine),
);

describe('What engine a cluster offers', function () {
  this.timeout(60_000);
  const world = useWorld();

  const apply = async (engine: string): Promise<void> =>
    world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine } });

  it('is found out by Auto: it takes the best, rewrites Pods by it, and says which and why', async () => {
    await apply('Auto');
    await world().untilReady('quay');
    await world().untilImage(image, 'harbor.cache.test/quay/a/b:1');
    const { status } = await world().get('quay');
    expect(status.policy?.kind).to.equal(BEST);
    expect((await world().condition('quay', 'PolicyReady'))?.message).to.include(status.policy?.because ?? 'a reason');
  });

  for (const engine of ENGINE_KINDS.filter((kind) => !SERVED_ENGINES.includes(kind))) {
    it(`is said to whoever names ${engine}, which it has not, or only as an older one`, async () => {
      await apply(engine);
      const { message } = await world().until('quay', 'Stalled', 'True', 'EngineUnavailable');
      expect(message).to.include('or later').and.include('ClusterPolicy');
    });
  }
});
