import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { commandsOf, inShell } from '../../support/documented.js';
import { startRawServer } from '../../support/raw-server.js';
import type { RecordedCall } from '../../harbor/index.js';
import { startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COMPONENT = `${ROOT}config/components/pull-secrets/`;
const PAGE = 'docs/how-to/probe.md';
const HOST = 'open.example.org';
const REQUEST_TIMEOUT = '2s';

describe('A mirror that has the cache asked for an image', function () {
  this.timeout(90_000);
  const world = useBareWorld({ env: { REQUEST_TIMEOUT } });
  let upstream: UpstreamRegistry;

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const specOf = (image: string | undefined, more: object = {}): Readonly<Record<string, unknown>> => ({
    upstream: { type: 'docker-registry', url: `https://${HOST}` },
    rewrite: { engine: 'MutatingAdmissionPolicy' },
    ...(image === undefined ? {} : { probe: { image } }),
    ...more,
  });
  const probe = async (image: string | undefined, more: object = {}): Promise<void> => {
    await world().apply('open', specOf(image, more));
  };
  const eventsWith = async (reason: string): Promise<string> =>
    await kubectl('get', 'events', '-n', 'default', '--field-selector', `reason=${reason}`);
  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${world().operator.metricsUrl}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(series))
        ?.split(' ')[1],
    );
  };

  before(async () => {
    upstream = await startUpstreamRegistry();
    upstream.addImage('team/app', '1', 'hello');
    world().harbor.mapHost(HOST, { url: upstream.url });
  });
  after(async () => {
    await kubectl('delete', '-k', COMPONENT, '--ignore-not-found');
    await upstream.stop();
  });

  it('says that it is served, once the project is there, and has nothing cached for it', async () => {
    await probe('team/app:1');
    const { message } = await world().until('open', 'ProbeSucceeded', 'True', 'ImageServed');
    expect(message).to.include(`${PULL_HOST}/open/team/app:1`);
    await world().harbor.finishCaching();
    expect(world().harbor.cached('open')).to.deep.equal([]);
    expect(await metric('registry_mirror_probes_total{reason="ImageServed"}')).to.be.at.least(1);
    expect(await metric('registry_mirror_probed_mirrors{succeeded="True"}')).to.equal(1);
    await world().untilReady('open');
  });

  it('says what is wrong with one that isn’t there, by an Event too, and stays Ready', async () => {
    await probe('team/nothing:1');
    const { message } = await world().until('open', 'ProbeSucceeded', 'False', 'ImageNotServed');
    expect(message).to.include(`Harbor answers 404 to a HEAD of ${PULL_HOST}/open/team/nothing:1`);
    expect(await eventsWith('ImageNotServed'))
      .to.include('Warning')
      .and.to.include('team/nothing:1');
    expect(await world().condition('open', 'Ready')).to.include({ status: 'True', reason: 'Succeeded' });
    expect(await metric('registry_mirror_probed_mirrors{succeeded="False"}')).to.equal(1);
  });

  it('says that it is served again, when the upstream is back', async () => {
    await probe('team/app:1');
    await world().until('open', 'ProbeSucceeded', 'True');
    world().harbor.setUpstream(HOST, 'down');
    await world().harbor.refreshStatus();
    await world().reconcile('open');
    await world().until('open', 'ProbeSucceeded', 'False', 'ImageNotServed');
    world().harbor.setUpstream(HOST, 'up');
    await world().harbor.refreshStatus();
    await world().reconcile('open');
    await world().until('open', 'ProbeSucceeded', 'True', 'ImageServed');
    expect(await eventsWith('ImageServed')).to.include('Normal');
  });

  it('says so where there is no answer in time, and holds up no other mirror', async () => {
    const hangs = (path: string): boolean => path.includes('/manifests/hangs');
    const hanging = world().harbor.inject(({ path }) => hangs(path), { kind: 'hang', when: 'before' }, Infinity);
    await probe('team/app:hangs');
    await world().apply('other', {
      ...specOf('team/app:1'),
      upstream: { type: 'docker-registry', url: `https://${HOST}`, hosts: ['other.example.org'] },
    });
    await world().until('other', 'ProbeSucceeded', 'True', undefined, 20_000);
    await world().until('open', 'ProbeSucceeded', 'False', 'PullTimedOut');
    hanging.remove();
    await world().delete('other');
  });

  it('costs nothing in Harbor but its three calls, and no write where it comes to the same', async () => {
    await probe('team/app:1');
    await world().until('open', 'ProbeSucceeded', 'True');
    await world().untilReady('open');
    const before = await world().condition('open', 'ProbeSucceeded');
    world().harbor.resetCounts();
    const asked = await metric('registry_mirror_probes_total{reason="ImageServed"}');
    await world().reconcile('open');
    const { metadata } = await world().get('open');
    await world().until('open', 'ProbeSucceeded', 'True');
    await eventually(async () => {
      expect(await metric('registry_mirror_probes_total{reason="ImageServed"}')).to.equal(asked + 1);
    });
    const pulls = world().harbor.calls.filter(({ path }) => path.startsWith('/v2/'));
    expect(pulls.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'GET /v2/',
      'HEAD /v2/open/team/app/manifests/1',
    ]);
    expect(world().harbor.writes()).to.deep.equal([]);
    const after = await world().get('open');
    expect(after.metadata.resourceVersion).to.equal(metadata.resourceVersion);
    expect(await world().condition('open', 'ProbeSucceeded')).to.deep.equal(before);
  });

  it('goes on being told what the status says when the operator comes back, and under suspend', async () => {
    await world().killOperator();
    world().harbor.resetCounts();
    await world().startOperator();
    await world().reconcile('open');
    expect(await world().condition('open', 'ProbeSucceeded')).to.include({ status: 'True', reason: 'ImageServed' });
    await probe('team/nothing:2', { suspend: true });
    await world().until('open', 'ProbeSucceeded', 'False', 'ImageNotServed');
  });

  it('has no condition any more where nothing is asked', async () => {
    await probe(undefined);
    const { metadata } = await world().get('open');
    await world().until('open', 'Ready', 'True');
    expect((await world().get('open')).status.observedGeneration).to.equal(metadata.generation);
    expect(await world().condition('open', 'ProbeSucceeded')).to.equal(undefined);
    expect(await metric('registry_mirror_probed_mirrors{succeeded="False"}')).to.equal(0);
  });

  it('says so where a project is private and the mirror has no pull robot, and asks for nothing', async () => {
    const made = await world().asAdmin('POST', '/registries', {
      name: 'theirs',
      type: 'docker-registry',
      url: `https://${HOST}`,
    });
    const metadata = { public: 'false' };
    await world().asAdmin('POST', '/projects', { project_name: 'theirs', registry_id: made, metadata });
    world().harbor.resetCounts();
    await world().delete('open');
    await probe('team/app:1', {
      project: { name: 'theirs' },
      adoptionPolicy: 'Use',
      rewrite: { engine: 'None' },
    });
    const { message } = await world().until('open', 'ProbeSucceeded', 'Unknown', 'PullLoginMissing');
    expect(message).to.include('Project theirs is private').and.to.include('rewrite.pullSecret to Inject');
    expect(world().harbor.count(({ path }) => path.startsWith('/v2/'))).to.equal(0);
    await world().delete('open');
  });

  it('asks with the mirror’s pull robot once the project is private', async () => {
    await kubectl('apply', '-k', COMPONENT);
    const rewrite = { engine: 'MutatingAdmissionPolicy', pullSecret: 'Inject' };
    await probe('team/app:1', { project: { name: 'secluded', public: false }, rewrite });
    const byRobot = ({ path, user }: RecordedCall): boolean => path === '/service/token' && user !== '';
    await eventually(
      () => {
        expect(world().harbor.project('secluded')?.metadata.public).to.equal('false');
        expect(world().harbor.count(byRobot)).to.be.above(0);
      },
      { timeoutMs: 60_000 },
    );
    const users = world()
      .harbor.calls.filter(byRobot)
      .map(({ user }) => user);
    expect(users.filter((user) => !user.startsWith('robot$secluded+'))).to.deep.equal([]);
    await world().until('open', 'ProbeSucceeded', 'True', 'ImageServed');
  });

  it('sends that login nowhere else, whatever a hostile Harbor says of where tokens are', async () => {
    const elsewhere = await startRawServer((_, response) => response.end('{"token":"t"}'));
    const challenge = `Bearer realm="${elsewhere.url}/service/token",service="harbor-registry"`;
    const answer = { kind: 'answer', status: 401, headers: { 'Www-Authenticate': challenge }, body: {} } as const;
    const hostile = world().harbor.inject({ method: 'GET', path: '/v2/' }, answer, Infinity);
    world().harbor.resetCounts();
    await world().reconcile('open');
    const { message } = await world().until('open', 'ProbeSucceeded', 'Unknown', 'TokensElsewhere');
    expect(message).to.include(elsewhere.url);
    expect(elsewhere.requests).to.deep.equal([]);
    expect(world().harbor.count(({ path, user }) => path === '/service/token' && user !== '')).to.equal(0);
    hostile.remove();
    await elsewhere.close();
    await world().reconcile('open');
    await world().until('open', 'ProbeSucceeded', 'True');
  });

  it('does what the page about it says', async () => {
    upstream.addImage('library/busybox', '1.37', 'hello');
    world().harbor.mapHost('registry-1.docker.io', { url: upstream.url });
    const [, manifest = ''] = /^```yaml\n(.*?)^```$/ms.exec(readFileSync(`${ROOT}${PAGE}`, 'utf8')) ?? [];
    await world().cluster.apply(manifest);
    const asked = await metric('registry_mirror_probes_total{reason="ImageServed"}');
    for (const command of commandsOf(PAGE, 'Ask the cache for an image')) await inShell(world().cluster, command);
    await eventually(async () => {
      expect(await metric('registry_mirror_probes_total{reason="ImageServed"}')).to.be.at.least(asked + 2);
    });
  });
});
