import { expect } from 'chai';
import { parseMark } from '../../../src/harbor/mark.js';
import type { CommandResult } from '../../support/command.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { create, dryRun, images, podOf } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { kstatus } from './kstatus.js';

const hub = { upstream: { type: 'docker-hub', description: 'Docker Hub for all' } } as const;
const cachedNginx = 'harbor.cache.test/dockerhub/library/nginx';

/** kubectl pads its columns with three spaces. */
function cells(line: string | undefined): readonly string[] {
  return (line ?? '').trim().split(/ {2,}/);
}

describe('the life of a mirror', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  let namespace: string;
  let older: Pod;

  const kubectl = async (...args: readonly string[]): Promise<CommandResult> => world().cluster.kubectl(args);
  const pods = (): string => `/api/v1/namespaces/${namespace}/pods`;
  const get = async (name: string): Promise<Pod> => world().cluster.api.json<Pod>('GET', `${pods()}/${name}`);
  const imagesOf = async (pod: Pod, where = namespace): Promise<readonly string[]> =>
    images(await dryRun(world().cluster.api, where, pod));

  before(async () => {
    namespace = await world().cluster.createNamespace();
    older = await create(world().cluster.api, namespace, podOf(['nginx']));
  });
  after(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false');
  });

  it('does not begin before the operator works: kubectl wait and kstatus go on waiting', async () => {
    await world().apply('dockerhub', hub);
    const wait = await kubectl('wait', '--for=condition=Ready', '--timeout=1s', 'registrymirror/dockerhub');
    expect(wait.code).to.not.equal(0);
    expect(wait.stderr).to.include('timed out waiting for the condition');
    expect(kstatus(await world().get('dockerhub'))).to.equal('InProgress');
    expect(await imagesOf(podOf(['nginx']))).to.deep.equal(['nginx']);
  });

  it('ends kubectl wait --for=condition=Ready when Harbor and the policy are there', async () => {
    await world().startOperator();
    const wait = await kubectl('wait', '--for=condition=Ready', '--timeout=20s', 'registrymirror/dockerhub');
    expect(wait.stdout).to.equal('registrymirror.registrymirror.io/dockerhub condition met\n');
    expect(kstatus(await world().get('dockerhub'))).to.equal('Current');

    const endpoint = world().harbor.endpoint('dockerhub');
    expect(endpoint).to.include({ type: 'docker-hub', url: 'https://hub.docker.com' });
    expect(parseMark(endpoint?.description ?? '')).to.deep.include({ userText: hub.upstream.description });
    const project = world().harbor.project('dockerhub');
    expect(project?.registryId).to.equal(endpoint?.id);
    expect(project?.metadata).to.include({ public: 'true' });
    // Ready means that the very next Pod goes through the cache.
    expect(await imagesOf(podOf(['nginx']))).to.deep.equal([cachedNginx]);
  });

  it('shows in kubectl get registrymirrors', async () => {
    const [header, row] = (await kubectl('get', 'registrymirrors')).stdout.split('\n');
    expect(cells(header)).to.deep.equal(['NAME', 'UPSTREAM', 'PULL-PREFIX', 'READY', 'STATUS', 'AGE']);
    const [name, upstream, prefix, ready, status, age] = cells(row);
    expect([name, upstream, prefix, ready, status]).to.deep.equal([
      'dockerhub',
      'docker.io',
      'harbor.cache.test/dockerhub',
      'True',
      'Succeeded',
    ]);
    expect(age).to.match(/^\d+[sm]/);
  });

  it('shows in kubectl describe as an Event with the reason of Ready', async () => {
    const ready = await world().condition('dockerhub', 'Ready');
    await eventually(async () => {
      const { stdout } = await kubectl('describe', 'registrymirror', 'dockerhub');
      const [, events = ''] = stdout.split('Events:');
      expect(events).to.match(new RegExp(`Normal +${ready?.reason ?? ''} .*registry-mirror-operator`));
      expect(events).to.include(ready?.message.slice(0, 40));
    });
  });

  it('lets Pods be created with the image from the cache, exactly as a server-side dry run says, and as often as they are applied', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'applied', namespace },
      spec: {
        automountServiceAccountToken: false,
        initContainers: [
          { name: 'first', image: 'quay.io/a/b:1' },
          { name: 'second', image: 'busybox' },
        ],
        containers: [
          { name: 'web', image: 'docker.io/library/nginx:1.27@sha256:' + '0'.repeat(64) },
          { name: 'other', image: 'registry.example.org/a:1' },
        ],
      },
    };
    const dry = JSON.parse(await world().cluster.apply([manifest], ['--dry-run=server', '-o', 'json'])) as Pod;
    await world().cluster.apply([manifest]);
    const real = await get('applied');
    expect(images(real)).to.deep.equal([
      'harbor.cache.test/dockerhub/library/nginx:1.27@sha256:' + '0'.repeat(64),
      'registry.example.org/a:1',
      'quay.io/a/b:1',
      'harbor.cache.test/dockerhub/library/busybox',
    ]);
    const { labels, annotations } = real.metadata;
    expect(dry.spec).to.deep.equal(real.spec);
    await world().cluster.apply([manifest]);
    expect((await get('applied')).spec).to.deep.equal(real.spec);
    expect({ labels: dry.metadata.labels, annotations: dry.metadata.annotations }).to.deep.equal({
      labels,
      annotations,
    });
  });

  it('rewrites once: a Pod made from what came back is the same', async () => {
    const first = await create(world().cluster.api, namespace, podOf(['nginx', 'redis:7']));
    const { labels, annotations } = first.metadata;
    const again = { metadata: { name: 'again', labels, annotations }, spec: first.spec };
    const second = await dryRun(world().cluster.api, namespace, again as Pod);
    expect(images(second)).to.deep.equal(images(first));
    expect(second.metadata).to.deep.include({ labels, annotations });
  });

  it('leaves the template of a Deployment as it was applied, and rewrites its Pods', async () => {
    const labels = { app: 'web' };
    const spec = { containers: [{ name: 'web', image: 'nginx' }] };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    };
    await world().cluster.apply([deployment]);
    await eventually(async () => {
      const { items } = await world().cluster.api.json<{ items: Pod[] }>('GET', `${pods()}?labelSelector=app%3Dweb`);
      expect(items.flatMap(images)).to.deep.equal([cachedNginx, cachedNginx]);
    });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { spec: stored } = await world().cluster.api.json<{ spec: { template: Pod } }>('GET', path);
    expect(images(stored.template)).to.deep.equal(['nginx']);
    expect(stored.template.metadata).to.not.have.any.keys('annotations');
    expect(await world().cluster.apply([deployment])).to.include('unchanged');
  });

  it('covers what kubectl debug adds, also to a Pod older than the mirror, and nothing else of that Pod', async () => {
    const { name } = older.metadata;
    const debug = await kubectl('debug', name, '-n', namespace, '-c', 'debugger', '--image=busybox:1', '--', 'sh');
    expect(debug.code, debug.stderr).to.equal(0);
    expect(images(await get(name))).to.deep.equal(['nginx', 'harbor.cache.test/dockerhub/library/busybox:1']);
    const again = await kubectl('debug', name, '-n', namespace, '-c', 'second', '--image=quay.io/a/b', '--', 'sh');
    expect(again.code, again.stderr).to.equal(0);
    expect(images(await get(name)).slice(1)).to.deep.equal([
      'harbor.cache.test/dockerhub/library/busybox:1',
      'quay.io/a/b',
    ]);
  });

  it('leaves Pods and namespaces alone that opted out, and the excluded namespaces', async () => {
    const labels = { 'registrymirror.io/rewrite': 'disabled' };
    expect(await imagesOf(podOf(['nginx'], {}, { labels }))).to.deep.equal(['nginx']);
    const optedOut = await world().cluster.createNamespace(labels);
    expect(await imagesOf(podOf(['nginx']), optedOut)).to.deep.equal(['nginx']);
    const excluded = await world().cluster.createNamespace({}, 'kube-test');
    expect(await imagesOf(podOf(['nginx']), excluded)).to.deep.equal(['nginx']);
    await kubectl('delete', 'namespace', optedOut, excluded, '--wait=false');
  });

  it('leaves Pods with pull secrets alone, since Harbor could not pass them on', async () => {
    const imagePullSecrets = [{ name: 'mine' }];
    expect(await imagesOf(podOf(['nginx'], { imagePullSecrets }))).to.deep.equal(['nginx']);
  });

  it('ends with kubectl delete: Pods pull from upstream again, and Harbor keeps the cache', async () => {
    await world().delete('dockerhub');
    expect(await imagesOf(podOf(['nginx']))).to.deep.equal(['nginx']);
    await eventually(async () => {
      expect((await kubectl('get', 'clusterpolicies', '-o', 'name')).stdout).to.equal('');
    });
    expect(world().harbor.project('dockerhub')?.registryId).to.equal(world().harbor.endpoint('dockerhub')?.id);
    await eventually(async () => {
      const { stdout } = await kubectl(
        'get',
        'events',
        '-o',
        'jsonpath={range .items[*]}{.reason} {.message}{"\\n"}{end}',
      );
      expect(stdout).to.match(/^Deleted .*Left in Harbor: .*dockerhub/m);
    });
  });

  it('goes on where it stopped when the mirror is applied again', async () => {
    const before = world().harbor.project('dockerhub')?.id;
    world().harbor.resetCounts();
    await world().apply('dockerhub', hub);
    await world().untilReady('dockerhub');
    expect(world().harbor.writes()).to.deep.equal([]);
    expect((await world().get('dockerhub')).status.harbor?.projectID).to.equal(before);
    expect(await imagesOf(podOf(['nginx']))).to.deep.equal([cachedNginx]);
  });

  it('ends with nothing left in Harbor where deletionPolicy is Delete', async () => {
    await world().apply('dockerhub', { ...hub, deletionPolicy: 'Delete' });
    await world().untilReady('dockerhub');
    await world().delete('dockerhub');
    expect(world().harbor.endpoints()).to.deep.equal([]);
    expect(
      world()
        .harbor.projects()
        .map(({ name }) => name),
    ).to.deep.equal(['library']);
    expect(await imagesOf(podOf(['nginx']))).to.deep.equal(['nginx']);
  });
});
