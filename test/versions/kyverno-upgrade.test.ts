import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { startCluster } from '../cluster/cluster.js';
import type { Cluster } from '../cluster/cluster.js';
import { installKyverno } from '../cluster/kyverno-install.js';
import { KyvernoReplicas } from '../cluster/kyverno-replicas.js';
import { kyvernoOf } from '../cluster/older-kyverno.js';
import { wantedVersion } from '../cluster/versions.js';
import { imagesDuring } from '../support/pod-stream.js';
import { createWorld, PULL_HOST } from '../support/world.js';
import type { World } from '../support/world.js';
import { kyvernoBefore } from './rows.js';

const IMAGE = 'quay.io/a/b:1';

describe('The upgrade of Kyverno', function () {
  this.timeout(40 * 60_000);
  const older = kyvernoBefore(wantedVersion('kyverno')) ?? '';
  let cluster: Cluster;
  let replicas: KyvernoReplicas;
  let world: World;

  before(async () => {
    const from = await kyvernoOf(older);
    cluster = await startCluster({ kyverno: false });
    await installKyverno(cluster.api, from.manifests, cluster.ca, cluster.certificateKey);
    replicas = await KyvernoReplicas.none(cluster);
    await replicas.add(from);
    world = await createWorld(cluster);
  });

  after(async () => {
    await world.stop();
    await replicas.stop();
    await cluster.stop();
  });

  it(`from ${older}: no Pod is missed or refused`, async () => {
    await world.apply('quay', { upstream: { type: 'quay' } });
    await world.untilReady('quay');
    await world.untilImage(IMAGE, `${PULL_HOST}/quay/a/b:1`);
    const seen = await imagesDuring(world, IMAGE, async () => {
      const manifests = JSON.parse(readFileSync(cluster.binaries['kyverno-manifests'], 'utf8')) as readonly object[];
      await cluster.apply(manifests, ['--server-side', '--force-conflicts']);
      // As a Deployment rolls: the new one is ready before the old one ends.
      await replicas.add({ program: cluster.binaries.kyverno });
      await replicas.endOldest();
      await world.reconcile('quay');
      await world.apply('later', { upstream: { type: 'docker-registry', url: 'https://later.example.org' } });
      // The new one registers webhooks once the old one's lease is over.
      await world.until('later', 'Ready', 'True', undefined, 150_000);
    });
    expect(seen).to.deep.equal([`${PULL_HOST}/quay/a/b:1`]);
    await world.untilImage('later.example.org/a/b:1', `${PULL_HOST}/later/a/b:1`);
    expect((await world.condition('quay', 'Ready'))?.status).to.equal('True');
  });
});
