import { expect } from 'chai';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborClient } from '../../../../src/harbor/client.js';
import { HarborInventory } from '../../../../src/harbor/inventory.js';
import { formatMark } from '../../../../src/harbor/mark.js';
import type { Mark } from '../../../../src/harbor/mark.js';
import { OrphanCollector } from '../../../../src/mirror/orphans/collector.js';
import { startHarbor } from '../../../harbor/index.js';
import type { HarborStandIn } from '../../../harbor/index.js';
import { eventually } from '../../../support/wait.js';

const GRACE_MS = 300_000;
const CREATED: Mark = { cluster: 'us', mirror: 'quay', endpoint: 'created', project: 'created', deletion: 'Delete' };

describe('what a deleted mirror left in Harbor', () => {
  let harbor: HarborStandIn;
  let client: HarborClient;
  let inventory: HarborInventory;
  let collector: OrphanCollector;
  let mirrors: Set<string>;
  let collected: string[];
  let now: number;

  beforeEach(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {}, 'ghcr.io': {} } });
    const robot = harbor.addRobot('operator');
    client = createHarborClient({ url: harbor.url, ...robot }, { upstreamTimeoutMs: 1000 });
    now = 1_000_000;
    inventory = new HarborInventory(client, () => now);
    mirrors = new Set();
    collected = [];
    collector = new OrphanCollector({
      clusterId: 'us',
      mirrors: (url) => (url === harbor.url ? mirrors : new Set()),
      graceMs: GRACE_MS,
      onCollected: (_, { name }) => collected.push(name),
    });
  });

  afterEach(async () => {
    client.close();
    await harbor.stop();
  });

  const session = (): Parameters<OrphanCollector['collect']>[0] => ({
    url: harbor.url,
    client,
    inventory,
    signal: new AbortController().signal,
  });
  let here: ReturnType<typeof session>;
  beforeEach(() => {
    here = session();
  });

  /** As a session sweeps: on a picture that is read anew every interval. */
  async function sweep(): Promise<void> {
    await inventory.view({ maxAgeMs: 60_000 });
    await collector.collect(here);
  }

  async function sweepLater(): Promise<void> {
    now += GRACE_MS;
    await sweep();
  }

  async function endpoint(name: string, mark: Mark | undefined): Promise<number> {
    const description = mark === undefined ? 'by hand' : formatMark('', mark);
    return client.createEndpoint({
      name,
      type: 'docker-registry',
      url: 'https://quay.io',
      description,
      insecure: false,
    });
  }

  const names = (): readonly string[] => harbor.endpoints().map(({ name }) => name);

  it('goes, when Harbor carries out a creation after the mirror that gave up on it was deleted', async () => {
    mirrors.add('quay');
    harbor.setUpstream('quay.io', 'hanging');
    const error: unknown = await endpoint('quay', CREATED).catch((reason: unknown) => reason);
    expect(error).to.include({ kind: 'timeout', mayHaveHappened: true });
    await sweep();
    expect(names()).to.deep.equal([]);
    mirrors.delete('quay');
    harbor.setUpstream('quay.io', 'up');
    await eventually(() => {
      expect(names()).to.deep.equal(['quay']);
    });
    await sweepLater();
    expect(names()).to.deep.equal(['quay']);
    await sweepLater();
    expect(names()).to.deep.equal([]);
    expect(collected).to.deep.equal(['quay']);
    expect((await inventory.view({ maxAgeMs: Infinity })).endpointByName('quay')).to.be.undefined;
  });

  it('goes, when its mirror was moved to another Harbor meanwhile', async () => {
    mirrors.add('quay');
    await endpoint('quay', CREATED);
    await sweepLater();
    mirrors.delete('quay');
    for (let times = 0; times < 2; times++) await sweepLater();
    expect(names()).to.deep.equal([]);
  });

  const STAYS: Readonly<Record<string, Mark | undefined>> = {
    'of another cluster': { ...CREATED, cluster: 'them' },
    'that was adopted': { ...CREATED, endpoint: 'adopted', project: 'adopted' },
    'of a mirror with Retain, or of an older operator': {
      cluster: 'us',
      mirror: 'quay',
      endpoint: 'created',
      project: 'created',
    },
    'of a mirror that is there': { ...CREATED, mirror: 'present' },
    'without a mark': undefined,
  };
  for (const [what, mark] of Object.entries(STAYS)) {
    it(`stays where it is an endpoint ${what}`, async () => {
      mirrors.add('present');
      await endpoint('e', mark);
      for (let times = 0; times < 3; times++) await sweepLater();
      expect(names()).to.deep.equal(['e']);
    });
  }

  it('stays where a project uses it, one that the picture doesn’t show yet included', async () => {
    const used = await endpoint('used', CREATED);
    await client.createProject({ name: 'used', registryId: used, metadata: {} });
    const late = await endpoint('late', CREATED);
    await sweep();
    now += GRACE_MS;
    await inventory.view({ maxAgeMs: 60_000 });
    await client.createProject({ name: 'late', registryId: late, metadata: {} });
    await collector.collect(here);
    expect(names()).to.have.members(['used', 'late']);
    expect(harbor.count({ method: 'DELETE', route: '/registries/{id}' })).to.equal(0);
  });

  it('stays where its mirror comes back between two looks, and has all its time again', async () => {
    await endpoint('quay', CREATED);
    await sweep();
    mirrors.add('quay');
    await sweepLater();
    mirrors.delete('quay');
    await sweepLater();
    expect(names()).to.deep.equal(['quay']);
    await sweepLater();
    expect(names()).to.deep.equal([]);
  });

  it('stays where somebody takes it over after the last picture', async () => {
    const id = await endpoint('quay', CREATED);
    await sweep();
    now += GRACE_MS;
    await inventory.view({ maxAgeMs: 60_000 });
    await client.updateEndpoint(id, { description: 'mine now' });
    await collector.collect(here);
    expect(names()).to.deep.equal(['quay']);
  });

  it('is not asked for again and again where Harbor refuses to delete it', async () => {
    await endpoint('quay', CREATED);
    const refusal = harbor.inject(
      { method: 'DELETE', route: '/registries/{id}' },
      { kind: 'answer', status: 412, body: { errors: [{ code: 'PRECONDITION', message: 'used by a replication' }] } },
      Infinity,
    );
    await sweep();
    await sweepLater();
    for (let times = 0; times < 5; times++) await sweep();
    expect(refusal.hits).to.equal(1);
    refusal.remove();
    await sweepLater();
    await sweepLater();
    expect(names()).to.deep.equal([]);
  });

  it('costs nothing while there is nothing to collect', async () => {
    mirrors.add('quay');
    await endpoint('quay', CREATED);
    await sweep();
    harbor.resetCounts();
    for (let times = 0; times < 10; times++) await collector.collect(here);
    expect(harbor.count({ method: 'GET' })).to.equal(0);
  });
});
