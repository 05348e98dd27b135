import { expect } from 'chai';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { imagesDuring } from '../../support/pod-stream.js';
import { eventually } from '../../support/wait.js';
import { createWorld } from '../../support/world.js';
import type { World } from '../../support/world.js';

const image = 'quay.io/a/b:1';
const cached = 'harbor.cache.test/quay/a/b:1';

describe('A cluster without Kyverno', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let world: World;

  before(async () => {
    cluster = await startCluster({ kyverno: false });
    world = await createWorld(cluster);
  });

  after(async () => {
    await world.stop();
    await cluster.stop();
  });

  it('says which engines this cluster can do, and rewrites with the API server’s own', async () => {
    await world.apply('quay', { upstream: { type: 'quay' } });
    const stalled = await world.until('quay', 'Stalled', 'True', 'EngineUnavailable');
    expect(stalled.message).to.include('ClusterPolicy').and.include('MutatingAdmissionPolicy');
    expect((await world.condition('quay', 'ProjectReady'))?.status).to.equal('True');
    await world.apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'MutatingAdmissionPolicy' } });
    await world.untilReady('quay');
    await world.untilImage(image, cached);
  });

  it('heals by itself when Kyverno appears', async () => {
    await world.apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'ClusterPolicy' } });
    await world.until('quay', 'Stalled', 'True', 'EngineUnavailable');
    expect(await world.imageOfNewPod(image)).to.equal(cached);
    await cluster.installKyverno();
    await world.until('quay', 'Ready', 'True', 'Succeeded', 60_000);
    await world.untilImage(image, cached);
    expect((await world.get('quay')).status.policy?.kind).to.equal('ClusterPolicy');
  });

  it('is changed over by Auto before Kyverno’s old API goes, and no Pod misses the cache while that happens', async () => {
    const seen = await imagesDuring(world, image, async () => {
      await world.apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'Auto' } });
      await eventually(async () => {
        expect((await world.get('quay')).status.policy?.kind).to.equal('MutatingAdmissionPolicy');
        expect((await cluster.kubectl(['get', 'clusterpolicies', '-o', 'name'])).stdout).to.equal('');
      });
      await cluster.kubectl(['delete', 'crd', 'clusterpolicies.kyverno.io']);
      await eventually(async () => {
        expect((await cluster.api.send('GET', '/apis/kyverno.io/v1/clusterpolicies')).status).to.equal(404);
      });
      await world.reconcile('quay');
    });
    expect(seen).to.deep.equal([cached]);
    expect((await world.condition('quay', 'Ready'))?.status).to.equal('True');
  });
});
