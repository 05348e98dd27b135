import { expect } from 'chai';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { createAll, createMirrors, untilAllReady } from '../../support/fleet.js';
import { harborSecret } from '../../support/harbor-secret.js';
import { useBareWorld } from '../bare-world.js';
import { restartIntoSlowLooks } from './slow-looks.js';

const WORKERS = 4;
const MANY = 24;
/** How long a look at one of the many takes: all of them take many times as long as it takes to see that a Harbor is down. */
const LOOK_MS = 4000;
const IMAGE = 'registry.example.org/app/web:1';

describe('A Harbor that goes down while all mirrors of another one are looked at', function () {
  this.timeout(120_000);
  const world = useBareWorld({ env: { WORKERS: String(WORKERS) } });
  let second: HarborStandIn;

  before(async () => {
    second = await startHarbor({ unmappedHealthy: true });
    await world().cluster.apply([
      harborSecret('second', second.addRobot('operator'), second.url),
      // No controller makes one here, and no Pod is let in without.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
    ]);
    await world().apply('there', {
      upstream: { type: 'docker-registry', url: 'https://registry.example.org' },
      harbor: { url: second.url, pullHost: 'second.cache.test', credentialsSecretRef: { name: 'second' } },
      rewrite: { engine: 'MutatingAdmissionPolicy' },
    });
    await createAll(world(), createMirrors('here', MANY, { project: { retention: { daysSinceLastPull: 30 } } }));
    await untilAllReady(world(), MANY + 1, 60_000);
    await world().untilImage(IMAGE, 'second.cache.test/there/app/web:1');
  });
  after(async () => second.stop());

  it('gets no new Pods any more, long before these looks are done', async () => {
    await restartIntoSlowLooks(world(), LOOK_MS);
    await second.down();
    await world().untilImage(IMAGE, IMAGE);
    const looks = world()
      .operator.log()
      .filter(({ message }) => message === 'The mirror was looked at.');
    const seen = new Set(looks.filter(({ outcome }) => outcome === 'success').map(({ mirror }) => mirror));
    expect(seen.size).to.be.lessThan(MANY);
    world().harbor.clearFaults();
  });
});
