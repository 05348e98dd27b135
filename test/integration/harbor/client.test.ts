import { expect } from 'chai';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import type { NewEndpoint, RobotPermission } from '../../../src/harbor/types.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';

const UPSTREAM: NewEndpoint = {
  name: 'quay',
  type: 'docker-registry',
  url: 'https://quay.io',
  description: 'Quay',
  insecure: false,
};

function addRepository(harbor: HarborStandIn, projectId: number, name: string): void {
  const { repositories } = harbor.state;
  const time = new Date(0).toISOString();
  const id = repositories.nextId();
  repositories.put({ id, projectId, name, artifacts: [], pullCount: 0, createdAt: time, updatedAt: time });
}

describe('the Harbor client, as a robot', () => {
  let harbor: HarborStandIn;
  let client: HarborClient;

  before(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {}, 'other.org': {} } });
    client = createHarborClient({ url: harbor.url, ...harbor.addRobot('operator') });
  });

  afterEach(async () => {
    harbor.clearFaults();
    harbor.setUpstream('quay.io', 'up');
    for (const project of (await client.listProjects()).items) {
      if (project.registryId !== undefined) await client.deleteProject(project);
    }
    for (const endpoint of (await client.listEndpoints()).items) await client.deleteEndpoint(endpoint.id);
  });

  after(async () => {
    client.close();
    await harbor.stop();
  });

  it('learns version and external URL', async () => {
    const info = await client.systemInfo();
    expect(info.version).to.match(/^v2\.15\.2/);
    expect(info.externalUrl).to.equal(harbor.url);
  });

  it('learns which components are down', async () => {
    harbor.broken.jobservice = true;
    harbor.refreshHealth();
    expect(await client.health()).to.deep.equal({ status: 'unhealthy', unhealthy: ['jobservice'] });
    harbor.broken.jobservice = false;
    harbor.refreshHealth();
    expect(await client.health()).to.deep.equal({ status: 'healthy', unhealthy: [] });
  });

  it('checks access and the token service', async () => {
    await client.checkAccess();
    await client.checkTokenService();
    harbor.broken.tokenService = true;
    const error: unknown = await client.checkTokenService().catch((reason: unknown) => reason);
    expect(error).to.include({ name: 'HarborError', path: '/service/token' });
    harbor.broken.tokenService = false;
  });

  it('creates an endpoint, finds it, and reads it back without its secret', async () => {
    const credentials = { accessKey: 'user', accessSecret: 'hunter2hunter2' };
    const id = await client.createEndpoint({ ...UPSTREAM, insecure: true, credentials });
    const createdAt = harbor.endpoint('quay')?.createdAt;
    expect(createdAt).to.be.a('string');
    const expected = { ...UPSTREAM, id, insecure: true, accessKey: 'user', status: 'healthy', createdAt };
    expect(await client.getEndpoint(id)).to.deep.equal(expected);
    expect(await client.findEndpoint('quay')).to.deep.equal(expected);
    expect(await client.listEndpoints()).to.deep.equal({ items: [expected], unreadable: [] });
  });

  it('finds no endpoint by a part of its name or in another case', async () => {
    await client.createEndpoint(UPSTREAM);
    expect(await client.findEndpoint('qua')).to.be.undefined;
    expect(await client.findEndpoint('Quay')).to.be.undefined;
    expect(await client.getEndpoint(999_999)).to.be.undefined;
  });

  for (const name of [
    'a,b',
    'a=b',
    '~quay',
    '[a',
    '{a b}',
    '(a)',
    'per%cent',
    'with space',
    'ünïcode',
    '"quoted"',
    '12',
  ]) {
    it(`finds the endpoint called ${name}, which Harbor’s query language may take for something else`, async () => {
      await client.createEndpoint({ ...UPSTREAM, name: 'decoy' });
      const id = await client.createEndpoint({ ...UPSTREAM, name });
      expect((await client.findEndpoint(name))?.id).to.equal(id);
    });
  }

  it('updates only what it is told to', async () => {
    const id = await client.createEndpoint({ ...UPSTREAM, credentials: { accessKey: 'u', accessSecret: 'hunter2' } });
    await client.updateEndpoint(id, { description: 'new' });
    expect(await client.getEndpoint(id)).to.include({ description: 'new', accessKey: 'u', url: UPSTREAM.url });
    expect(harbor.endpoint('quay')).to.have.nested.property('accessSecret', 'hunter2');
  });

  it('changes, and takes away, the credentials', async () => {
    const id = await client.createEndpoint(UPSTREAM);
    await client.updateEndpoint(id, { credentials: { accessKey: 'v', accessSecret: 'hunter3' } });
    expect((await client.getEndpoint(id))?.accessKey).to.equal('v');
    expect(harbor.endpoint('quay')).to.have.nested.property('accessSecret', 'hunter3');
    await client.updateEndpoint(id, { url: 'https://other.org', credentials: null });
    const changed = await client.getEndpoint(id);
    expect(changed).to.include({ url: 'https://other.org' });
    expect(changed).not.to.have.property('accessKey');
  });

  it('says whether the upstream answers now', async () => {
    const id = await client.createEndpoint(UPSTREAM);
    expect(await client.pingEndpoint(id)).to.be.true;
    harbor.setUpstream('quay.io', 'down');
    expect(await client.pingEndpoint(id)).to.be.false;
  });

  it('makes a proxy project, changes its settings and deletes it', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({
      name: 'quay',
      registryId,
      storageLimit: 1024,
      metadata: { public: 'true' },
    });
    const project = await client.getProject(id);
    expect(project).to.deep.include({ id, name: 'quay', registryId, repositoryCount: 0 });
    expect(project?.metadata).to.include({ public: 'true' });
    expect(project?.retentionId).to.be.above(0);
    expect(await client.findProject('quay')).to.deep.equal(project);
    expect((await client.listProjects()).items.map(({ name }) => name)).to.have.members(['library', 'quay']);
    expect(await client.listProjectsOfEndpoint(registryId)).to.deep.equal([project]);
    await client.updateProject(id, { auto_scan: 'true' });
    expect((await client.getProject(id))?.metadata).to.include({ public: 'true', auto_scan: 'true' });
    expect(await client.projectDeletionBlocker(id)).to.be.undefined;
    await client.deleteProject({ id, name: 'quay' });
    expect(await client.findProject('quay')).to.be.undefined;
  });

  it('takes a project that is gone already for deleted, although Harbor says 403 to a robot', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({ name: 'quay', registryId, metadata: {} });
    await client.deleteProject({ id, name: 'quay' });
    await client.deleteProject({ id, name: 'quay' });
  });

  it('does not take a project for gone that it merely must not delete', async () => {
    const robot = harbor.addRobot('reader', [
      { kind: 'system', namespace: '/', access: [{ resource: 'registry', action: 'list' }] },
      { kind: 'project', namespace: '*', access: [{ resource: 'project', action: 'read' }] },
    ]);
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({ name: 'quay', registryId, metadata: {} });
    const reader = createHarborClient({ url: harbor.url, ...robot });
    const error: unknown = await reader.deleteProject({ id, name: 'quay' }).catch((reason: unknown) => reason);
    reader.close();
    expect(error).to.include({ kind: 'forbidden' });
  });

  it('knows a project called 12345 from one with that id', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({ name: '12345', registryId, metadata: {} });
    expect(await client.projectExists('12345')).to.be.true;
    expect(await client.projectExists('54321')).to.be.false;
    expect((await client.findProject('12345'))?.id).to.equal(id);
    expect((await client.listRepositories('12345', 100)).items).to.deep.equal([]);
  });

  it('reads and changes quotas', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({ name: 'quay', registryId, metadata: {} });
    const quota = await client.findQuota(id);
    expect(quota).to.deep.include({ projectId: id, projectName: 'quay', hardBytes: -1, usedBytes: 0 });
    expect((await client.listQuotas()).items.map(({ projectName }) => projectName)).to.include('quay');
    await client.updateQuota(quota?.id ?? 0, 4096);
    expect(harbor.quotaOf('quay')?.hard).to.equal(4096);
  });

  it('reads Harbor’s own retention policy, changes it, and makes one where there is none', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const projectId = await client.createProject({ name: 'quay', registryId, metadata: {} });
    const id = (await client.getProject(projectId))?.retentionId ?? 0;
    expect(await client.getRetention(id)).to.deep.include({ id, projectId, daysSinceLastPull: 7, ruleCount: 1 });
    await client.updateRetention(id, { projectId, daysSinceLastPull: 30 });
    expect((await client.getRetention(id)).daysSinceLastPull).to.equal(30);
    await client.updateRetention(id, { projectId, daysSinceLastPull: 'all' });
    expect(await client.getRetention(id)).to.deep.equal({ id, projectId, keepsAll: true, schedule: '', ruleCount: 1 });
    const project = harbor.state.projects.get(projectId);
    if (project === undefined) throw new Error('no such project');
    // Somebody took the policy away by hand.
    harbor.state.retentions.delete(id);
    project.metadata = { public: 'true' };
    expect(await client.getProject(projectId)).not.to.have.property('retentionId');
    const admin = createHarborClient({ url: harbor.url, ...harbor.admin });
    const created = await admin.createRetention({ projectId, daysSinceLastPull: 14 });
    admin.close();
    expect((await client.getProject(projectId))?.retentionId).to.equal(created);
    expect((await client.getRetention(created)).daysSinceLastPull).to.equal(14);
  });

  it('makes a pull robot and takes it away', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const projectId = await client.createProject({ name: 'quay', registryId, metadata: {} });
    const permissions: readonly RobotPermission[] = [
      { kind: 'project', namespace: 'quay', access: [{ resource: 'repository', action: 'pull' }] },
    ];
    const admin = createHarborClient({ url: harbor.url, ...harbor.admin });
    const created = await admin.createRobot({
      name: 'puller',
      level: 'project',
      description: 'pulls',
      durationDays: -1,
      permissions,
    });
    expect(created.name).to.equal('robot$quay+puller');
    expect(created.secret).to.have.length.above(10);
    const [robot] = await admin.listProjectRobots(projectId);
    expect(robot).to.deep.include({ id: created.id, name: created.name, level: 'project', expiresAt: -1, permissions });
    expect((await admin.listSystemRobots()).map(({ name }) => name)).to.include('robot$operator');
    await admin.deleteRobot(created.id);
    await admin.deleteRobot(created.id);
    expect(await admin.listProjectRobots(projectId)).to.deep.equal([]);
    admin.close();
  });

  it('reads every page of a list, and the first alone where there is but one', async () => {
    harbor.resetCounts();
    await client.listEndpoints();
    expect(harbor.count({ method: 'GET', route: '/registries' })).to.equal(1);
    for (let number = 0; number < 205; number++) await client.createEndpoint({ ...UPSTREAM, name: `e${number}` });
    harbor.resetCounts();
    expect(new Set((await client.listEndpoints()).items.map(({ name }) => name)).size).to.equal(205);
    expect(harbor.count({ method: 'GET', route: '/registries' })).to.equal(3);
  });

  it('reads a list again when something went away between two pages', async () => {
    for (let number = 0; number < 120; number++) await client.createEndpoint({ ...UPSTREAM, name: `e${number}` });
    const state = harbor.state.endpoints;
    let isGone = false;
    harbor.inject(
      ({ method, route }) => {
        if (method !== 'GET' || route !== '/registries' || isGone) return false;
        isGone = true;
        return true;
      },
      { kind: 'delay', ms: 0 },
    );
    // The first page is answered; before the second, an endpoint of the first goes, and the 101st moves up.
    const vanish = harbor.inject(
      ({ method, route }) => {
        const first = state.find(({ name }) => name === 'e0');
        if (method === 'GET' && route === '/registries' && isGone && first !== undefined) state.delete(first.id);
        return false;
      },
      { kind: 'delay', ms: 0 },
    );
    const { items: found } = await client.listEndpoints();
    vanish.remove();
    expect(found.map(({ name }) => name)).to.include('e100');
    expect(found).to.have.lengthOf(119);
  });

  it('empties a project page by page', async () => {
    const registryId = await client.createEndpoint(UPSTREAM);
    const id = await client.createProject({ name: 'quay', registryId, metadata: {} });
    const names = ['atlas/athena', 'a/b/c', 'plain'];
    for (const name of names) addRepository(harbor, id, `quay/${name}`);
    const error: unknown = await client.deleteProject({ id, name: 'quay' }).catch((reason: unknown) => reason);
    expect(error).to.include({ kind: 'referenced', status: 412 });
    expect(await client.projectDeletionBlocker(id)).to.match(/contains repositories/);
    const page = await client.listRepositories('quay', 2);
    expect(page.total).to.equal(3);
    expect(page.items).to.have.lengthOf(2);
    const all = await client.listRepositories('quay', 100);
    expect(all.items.map(({ name }) => name)).to.have.members(names);
    for (const { name } of all.items) await client.deleteRepository('quay', name);
    await client.deleteRepository('quay', 'atlas/athena');
    expect((await client.listRepositories('quay', 100)).total).to.equal(0);
    await client.deleteProject({ id, name: 'quay' });
  });
});
