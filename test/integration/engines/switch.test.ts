import { expect } from 'chai';
import { imagesDuring } from '../../support/pod-stream.js';
import { eventually } from '../../support/wait.js';
import { countWrites } from '../operator/writes.js';
import { SERVED_ENGINES, SERVED_PLURALS } from '../policy/served.js';
import { useWorld } from '../use-world.js';

const image = 'quay.io/a/b:1';
const cached = 'harbor.cache.test/quay/a/b:1';
const engines = (['ClusterPolicy', 'MutatingAdmissionPolicy', 'MutatingPolicy', 'ClusterPolicy'] as const)
  .filter((engine) => SERVED_ENGINES.includes(engine))
  .filter((engine, index, served) => engine !== served[index - 1]);

describe('Changing the engine of a live mirror', function () {
  this.timeout(180_000);
  const world = useWorld();

  before(async () => {
    await world().apply('quay', { upstream: { type: 'quay' } });
    await world().untilReady('quay');
  });

  async function apply(rewrite: object): Promise<void> {
    await world().apply('quay', { upstream: { type: 'quay' }, rewrite });
  }

  async function livePolicies(): Promise<readonly string[]> {
    const kinds = SERVED_PLURALS.join(',');
    const selector = 'registrymirror.io/managed-by';
    const { stdout } = await world().cluster.kubectl(['get', kinds, '-l', selector, '-o', 'jsonpath={.items[*].kind}']);
    return stdout.split(' ').filter((kind) => kind !== '');
  }

  for (const [index, engine] of engines.slice(1).entries()) {
    it(`${engines[index] ?? ''} -> ${engine}: every Pod is rewritten, once`, async () => {
      await world().untilImage(image, cached);
      const seen = await imagesDuring(world(), image, async () => {
        await apply({ engine });
        await eventually(
          async () => {
            const kinds = await livePolicies();
            expect(kinds).to.include(engine);
            expect(kinds.filter((kind) => kind !== 'MutatingAdmissionPolicyBinding')).to.deep.equal([engine]);
          },
          { timeoutMs: 30_000 },
        );
        await world().untilReady('quay');
      });
      expect(seen).to.deep.equal([cached]);
      expect((await world().get('quay')).status.policy?.kind).to.equal(engine);
    });

    it(`${engine}: a restart of the operator writes nothing, and the mirror stays ready`, async () => {
      await world().operator.stop();
      const count = await countWrites(world());
      await world().startOperator();
      await world().reconcile('quay');
      expect(await count.api()).to.deep.equal(['patch registrymirrors/status quay']);
      expect((await world().condition('quay', 'Ready'))?.status).to.equal('True');
    });
  }

  it('moves to another policy without a gap when failurePolicy changes', async () => {
    const seen = await imagesDuring(world(), image, async () => {
      const before = (await world().get('quay')).status.policy?.name;
      await apply({ failurePolicy: 'Ignore' });
      await eventually(
        async () => {
          const { status } = await world().get('quay');
          expect(status.policy?.name).to.not.equal(before);
          expect(await livePolicies()).to.have.length(1);
        },
        { timeoutMs: 30_000 },
      );
      await world().untilReady('quay');
    });
    expect(seen).to.deep.equal([cached]);
  });

  it('stops rewriting with None, at once', async () => {
    await apply({ engine: 'None' });
    await world().untilReady('quay');
    await world().untilImage(image, image);
    await eventually(async () => {
      expect(await livePolicies()).to.deep.equal([]);
    });
    expect((await world().condition('quay', 'PolicyReady'))?.reason).to.equal('RewriteDisabled');
  });
});

describe('Mirrors come and go under load', function () {
  this.timeout(180_000);
  const world = useWorld();

  for (const engine of SERVED_ENGINES) {
    it(`${engine}: no Pod of another mirror is missed or refused`, async () => {
      const rewrite = { engine };
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite });
      await world().untilReady('quay');
      await world().untilImage(image, cached);
      const names = Array.from({ length: 6 }, (_, i) => `other-${String(i)}`);
      const upstreamOf = (name: string): object => ({ type: 'docker-registry', url: `https://${name}.example.org` });
      const edited = { ...rewrite, repositories: { exclude: ['x/**'] } };
      const seen = await imagesDuring(world(), image, async () => {
        for (const name of names) await world().apply(name, { upstream: upstreamOf(name), rewrite });
        for (const name of names) await world().untilReady(name);
        for (const name of names.slice(0, 3))
          await world().apply(name, { upstream: upstreamOf(name), rewrite: edited });
        for (const name of names) await world().untilReady(name);
        await world().delete(...names);
      });
      expect(seen).to.deep.equal([cached]);
      await world().delete('quay');
    });
  }
});
