import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createHarborClient } from '../../src/harbor/client.js';
import type { HarborClient } from '../../src/harbor/client.js';
import { parseMark } from '../../src/harbor/mark.js';
import { fullPermissions, startHarbor } from '../harbor/index.js';
import type { HarborStandIn } from '../harbor/index.js';
import { installOperator, startOperator } from '../support/operator.js';
import type { OperatorProcess } from '../support/operator.js';
import type { Cluster } from '../cluster/cluster.js';
import { removeAll } from '../support/fleet.js';
import { eventually } from '../support/wait.js';
import { PULL_HOST, World } from '../support/world.js';
import type { LooseSpec } from '../support/world.js';
import { bareCluster } from './bare-world.js';

/**
 * A mirror's whole life against a real Harbor: HARBOR_URL, HARBOR_USERNAME and HARBOR_PASSWORD say which, and HARBOR_TEST_UPSTREAM an upstream
 * that it reaches (default: itself). Without them against the stand-in. It assumes no empty Harbor, and takes away what it made.
 */
describe(`A mirror’s life in ${process.env.HARBOR_URL ?? 'the Harbor stand-in'}`, function () {
  this.timeout(120_000);
  const name = `rmo-test-${randomBytes(4).toString('hex')}`;
  const { HARBOR_URL, HARBOR_USERNAME = '', HARBOR_PASSWORD = '', HARBOR_TEST_UPSTREAM } = process.env;
  let standIn: HarborStandIn;
  let cluster: Cluster;
  let world: Pick<World, 'apply' | 'until' | 'untilReady' | 'reconcile' | 'get' | 'delete'>;
  let operator: OperatorProcess;
  let client: HarborClient;
  let url: string;

  before(async () => {
    cluster = await bareCluster();
    standIn = await startHarbor({ unmappedHealthy: true });
    url = HARBOR_URL ?? standIn.url;
    const login =
      HARBOR_URL === undefined
        ? standIn.addRobot('operator', fullPermissions)
        : { username: HARBOR_USERNAME, password: HARBOR_PASSWORD };
    client = createHarborClient({ url, ...login });
    await installOperator(cluster);
    operator = await startOperator(cluster, { harborUrl: url, pullHost: PULL_HOST, login });
    // Of a world only what it does with the cluster is used: the stand-in's insides aren't there in a real Harbor.
    world = new World(cluster, standIn, {});
  });
  after(async () => {
    await operator.stop();
    await removeAll({ cluster });
    await takeAway();
    client.close();
    await standIn.stop();
  });

  const moved = `${name}-moved`;
  const byHand = `${name}-by-hand`;

  async function takeAway(): Promise<void> {
    for (const left of [name, moved, byHand]) {
      const project = await client.findProject(left);
      if (project !== undefined) await client.deleteProject(project);
      const endpoint = await client.findEndpoint(left);
      if (endpoint !== undefined) await client.deleteEndpoint(endpoint.id);
    }
  }

  const upstreamUrl = (): string => HARBOR_TEST_UPSTREAM ?? url.replace(/\/$/, '');
  const spec = (more: object = {}): LooseSpec => ({
    upstream: { type: 'docker-registry', url: upstreamUrl(), hosts: [`${name}.test`] },
    rewrite: { engine: 'None' },
    deletionPolicy: 'Delete',
    ...more,
  });

  it('makes the endpoint, marked, and the project on it', async () => {
    await world.apply(name, spec());
    await world.until(name, 'Ready', 'True', undefined, 60_000);
    const endpoint = await client.findEndpoint(name);
    expect(parseMark(endpoint?.description ?? '').mark).to.include({ mirror: name, project: 'created' });
    expect((await client.findProject(name))?.registryId).to.equal(endpoint?.id);
  });

  it('writes settings, a quota and a retention', async () => {
    const project = { autoScan: false, bandwidthLimit: '10Mi', storageQuota: '1Gi', retention: { keep: 'All' } };
    await world.apply(name, spec({ project }));
    await world.untilReady(name);
    const there = await client.findProject(name);
    expect(there?.metadata).to.include({ auto_scan: 'false', proxy_speed_kb: '81920' });
    expect((await client.findQuota(there?.id ?? 0))?.hardBytes).to.equal(1024 ** 3);
    const full = await client.getProject(there?.id ?? 0);
    expect((await client.getRetention(full?.retentionId ?? 0)).keepsAll).to.equal(true);
  });

  it('repairs what was edited by hand', async () => {
    const there = await client.findProject(name);
    await client.updateProject(there?.id ?? 0, { auto_scan: 'true' });
    await world.reconcile(name);
    expect((await client.findProject(name))?.metadata.auto_scan).to.equal('false');
  });

  it('repairs an endpoint and a project that were deleted by hand', async () => {
    const project = await client.findProject(name);
    if (project === undefined) throw new Error('not there');
    await client.deleteProject(project);
    await client.deleteEndpoint(project.registryId ?? 0);
    await world.reconcile(name);
    await world.untilReady(name);
    const again = await client.findProject(name);
    expect(again?.id).to.not.equal(project.id);
    expect((await client.findEndpoint(name))?.id).to.equal(again?.registryId);
  });

  it('moves to a new project, and takes the old one away', async () => {
    await world.apply(name, spec({ project: { name: moved } }));
    await world.untilReady(name);
    await eventually(async () => {
      expect(await client.findProject(name)).to.equal(undefined);
    });
    expect(await client.findProject(moved)).to.not.equal(undefined);
  });

  it('deletes what it made', async () => {
    await world.delete(name);
    await eventually(async () => {
      for (const made of [name, moved]) {
        expect(await client.findProject(made)).to.equal(undefined);
        expect(await client.findEndpoint(made)).to.equal(undefined);
      }
    });
  });

  describe('and a project that was there before', () => {
    const onto = (adoptionPolicy: string): LooseSpec => spec({ project: { name: byHand }, adoptionPolicy });

    before(async () => {
      const where = { type: 'docker-registry', url: upstreamUrl(), insecure: false };
      const registryId = await client.createEndpoint({ ...where, name: byHand, description: 'by hand' });
      await client.createProject({ name: byHand, registryId, metadata: { public: 'true' } });
    });

    it('is left alone with Refuse', async () => {
      await world.apply(name, onto('Refuse'));
      await world.until(name, 'Stalled', 'True', 'ProjectNotOurs');
      expect((await client.findEndpoint(byHand))?.description).to.equal('by hand');
    });

    it('is used with Use, without a write', async () => {
      await world.apply(name, onto('Use'));
      await world.untilReady(name);
      expect((await client.findEndpoint(byHand))?.description).to.equal('by hand');
    });

    it('is marked with Adopt, behind the text that was there, and never deleted', async () => {
      await world.apply(name, onto('Adopt'));
      await world.untilReady(name);
      const { userText, mark } = parseMark((await client.findEndpoint(byHand))?.description ?? '');
      expect(mark).to.include({ mirror: name, endpoint: 'adopted', project: 'adopted' });
      expect(userText).to.equal('by hand');
      await world.delete(name);
      expect(await client.findProject(byHand)).to.not.equal(undefined);
    });
  });
});
