import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { HarborApi } from '../../../src/harbor/api.js';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { isHarborError } from '../../../src/harbor/http/errors.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { startHarbor } from '../../harbor/index.js';
import { useCluster } from '../shared-cluster.js';
import { runCli } from './run-cli.js';
import type { CliResult } from './run-cli.js';

interface SecretManifest {
  readonly metadata: object;
  readonly type: string;
  readonly stringData: { readonly username: string; readonly password: string };
}

describe('registry-mirror harbor-robot --create', function () {
  this.timeout(60_000);
  let harbor: HarborStandIn;
  let folder: string;
  const clients: HarborClient[] = [];

  before(async () => {
    harbor = await startHarbor({ unmappedHealthy: true });
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-robot-'));
    writeFileSync(join(folder, 'password'), `${harbor.admin.password}\n`);
  });
  after(async () => {
    for (const client of clients) client.close();
    rmSync(folder, { recursive: true });
    await harbor.stop();
  });

  const create = (...args: readonly string[]): Promise<CliResult> =>
    runCli([
      ...['harbor-robot', '--create', '--harbor-url', harbor.url, '--harbor-password-file', join(folder, 'password')],
      ...args,
    ]);
  const robotClient = async (...args: readonly string[]): Promise<HarborApi> => {
    const { code, out } = await create(...args);
    expect(code).to.equal(0);
    const { stringData } = parse(out) as SecretManifest;
    const client = createHarborClient({ url: harbor.url, ...stringData });
    clients.push(client);
    return client;
  };
  const makeProject = async (client: HarborApi, name: string): Promise<{ endpoint: number; project: number }> => {
    const endpoint = await client.createEndpoint({
      name,
      type: 'docker-registry',
      url: 'https://registry.example.org',
      description: '',
      insecure: false,
    });
    const project = await client.createProject({ name, registryId: endpoint, metadata: { public: 'true' } });
    return { endpoint, project };
  };
  const isForbidden = async (call: Promise<unknown>): Promise<boolean> => {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return isHarborError(error, 'forbidden');
  };

  it('makes a robot that can do all that a mirror needs in its life, and prints its Secret', async () => {
    const client = await robotClient('--name', 'least');
    const { endpoint, project } = await makeProject(client, 'least');
    harbor.fillCache('least', 3);
    await client.updateEndpoint(endpoint, { description: 'x' });
    expect(await client.pingEndpoint(endpoint)).to.equal(true);
    await client.updateProject(project, { auto_scan: 'true' });
    expect(await client.projectExists('nothing')).to.equal(false);
    const retentionId = (await client.getProject(project))?.retentionId ?? 0;
    await client.updateRetention(retentionId, { projectId: project, daysSinceLastPull: 30 });
    expect((await client.getRetention(retentionId)).daysSinceLastPull).to.equal(30);
    const { items } = await client.listRepositories('least', 10);
    for (const { name } of items) await client.deleteRepository('least', name);
    await client.deleteProject({ id: project, name: 'least' });
    await client.deleteEndpoint(endpoint);
    expect(harbor.endpoints()).to.deep.equal([]);
    expect(await isForbidden(client.listQuotas())).to.equal(true);
  });

  it('lets it change quotas and make pull robots where asked', async () => {
    const client = await robotClient('--name', 'more', '--all');
    const { project } = await makeProject(client, 'more');
    const quota = await client.findQuota(project);
    await client.updateQuota(quota?.id ?? 0, 2 ** 30);
    const access = [{ resource: 'repository', action: 'pull' }];
    const permissions = [{ kind: 'project', namespace: 'more', access } as const];
    const pull = { name: 'pull', level: 'project', description: '', durationDays: 30, permissions } as const;
    const { id } = await client.createRobot(pull);
    expect((await client.listProjectRobots(project)).map((robot) => robot.id)).to.deep.equal([id]);
    await client.deleteRobot(id);
    expect(await client.listProjectRobots(project)).to.deep.equal([]);
  });

  it('takes the names that the flags of the login had before', async () => {
    const login = ['--username', 'admin', '--password-file', join(folder, 'password'), '--insecure-skip-tls-verify'];
    const { code, out } = await runCli([
      'harbor-robot',
      '--create',
      '--harbor-url',
      harbor.url,
      '--name',
      'former',
      ...login,
    ]);
    expect(code).to.equal(0);
    expect((parse(out) as SecretManifest).stringData.username).to.equal('robot$former');
  });

  it('labels the Secret, as the operator asks for it', async () => {
    const { out, warnings } = await create('--name', 'labelled', '-n', 'mirrors', '--secret', 'cache');
    expect(parse(out)).to.deep.include({
      kind: 'Secret',
      type: 'kubernetes.io/basic-auth',
      metadata: { name: 'cache', namespace: 'mirrors', labels: { 'registrymirror.io/credentials': 'harbor' } },
    });
    expect(warnings).to.equal('Robot account robot$labelled is created.');
  });

  it('says what to do where the name is taken', async () => {
    await create('--name', 'twice');
    const { code, out, warnings } = await create('--name', 'twice');
    expect(warnings).to.include('choose another --name');
    expect(out).to.equal('');
    expect(code).to.equal(2);
  });

  it('fails where the password is wrong, without showing it', async () => {
    writeFileSync(join(folder, 'wrong'), 'not-the-password');
    const { code, warnings } = await create('--name', 'wrong', '--harbor-password-file', join(folder, 'wrong'));
    expect(warnings).to.include('401').and.include('password right?').and.not.include('not-the-password');
    expect(code).to.equal(2);
  });

  describe('--apply', () => {
    const cluster = useCluster();
    const apply = (name: string, namespace: string): Promise<CliResult> =>
      create('--name', name, '--apply', '-n', namespace, '--kubeconfig', cluster().kubeconfigPath);

    it('keeps the robot’s secret in the cluster, and shows it nowhere', async () => {
      const namespace = await cluster().createNamespace();
      const { code, out, warnings } = await apply('applied', namespace);
      expect(code).to.equal(0);
      expect(out).to.equal('');
      expect(warnings).to.include(`Its login is in the Secret ${namespace}/harbor.`);
      const { data } = await cluster().api.json<{ data: Record<string, string> }>(
        'GET',
        `/api/v1/namespaces/${namespace}/secrets/harbor`,
      );
      const decoded = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
      expect(decoded('username')).to.equal('robot$applied');
      expect(warnings).to.not.include(decoded('password'));
      await cluster().kubectl(['delete', 'namespace', namespace, '--wait=false']);
    });

    it('makes no robot whose secret could not be kept', async () => {
      const before = harbor.robots().length;
      const { code, warnings } = await apply('lost', 'not-there');
      expect(warnings).to.include('not-there');
      expect(code).to.equal(2);
      expect(harbor.robots()).to.have.length(before);
    });
  });
});
