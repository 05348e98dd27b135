import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

const cached = 'harbor.cache.test/quay/a/b:1';

describe('Harbor or the upstream is down', function () {
  this.timeout(90_000);
  const world = useWorld();

  /** The policies as they were last written. */
  async function clusterPolicies(): Promise<readonly string[]> {
    const { items } = await world().cluster.api.json<{
      items: readonly { metadata: { name: string; generation: number } }[];
    }>('GET', '/apis/kyverno.io/v1/clusterpolicies');
    return items.map(({ metadata }) => `${metadata.name} ${metadata.generation}`);
  }

  before(async function () {
    this.timeout(60_000);
    world().harbor.mapHost('quay.io', {});
    await world().apply('quay', { upstream: { type: 'quay' } });
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
  });

  it('lets new Pods pull from upstream while Harbor is down, also after a restart, and sends them back when it is up', async () => {
    await world().harbor.down();
    const down = await world().until('quay', 'Ready', 'False', 'HarborUnreachable');
    expect(down.message).to.include('pull from upstream');
    await world().until('quay', 'HarborReachable', 'False');
    await world().untilImage('quay.io/a/b:1', 'quay.io/a/b:1');
    await world().killOperator();
    await world().startOperator();
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal('quay.io/a/b:1');
    await world().harbor.up();
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
  });

  it('lets new Pods pull from upstream within 40 s of when Harbor takes connections and answers nothing any more', async () => {
    const hanging = world().harbor.inject(() => true, { kind: 'hang', when: 'before' }, Infinity);
    await world().untilImage('quay.io/a/b:1', 'quay.io/a/b:1', 40_000);
    hanging.remove();
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
  });

  it('counts Harbor as down when only its token service is', async () => {
    world().harbor.broken.tokenService = true;
    await world().until('quay', 'Ready', 'False', 'HarborUnreachable');
    await world().untilImage('quay.io/a/b:1', 'quay.io/a/b:1');
    world().harbor.broken.tokenService = false;
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
  });

  it('keeps sending Pods to Harbor with onHarborUnavailable: Keep', async () => {
    await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { onHarborUnavailable: 'Keep' } });
    await world().untilReady('quay');
    await world().harbor.down();
    await world().until('quay', 'Ready', 'False', 'HarborUnreachable');
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal(cached);
    await world().harbor.up();
    await world().untilReady('quay');
    await world().apply('quay', { upstream: { type: 'quay' } });
    await world().untilReady('quay');
  });

  it('does not withdraw for an upstream that is down, and wakes the endpoint when it is back', async () => {
    world().harbor.setUpstream('quay.io', 'down');
    await world().harbor.refreshStatus();
    await world().reconcile('quay');
    await world().until('quay', 'UpstreamReachable', 'False', 'UpstreamUnhealthy');
    expect((await world().condition('quay', 'Ready'))?.status).to.equal('True');
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal(cached);
    world().harbor.setUpstream('quay.io', 'up');
    await world().reconcile('quay');
    await world().until('quay', 'UpstreamReachable', 'True');
    expect(world().harbor.endpoint('quay')?.status).to.equal('healthy');
  });

  it('lets new Pods pull from the original registry while Harbor can’t, with onUpstreamUnavailable: Withdraw, also after a restart', async () => {
    await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { onUpstreamUnavailable: 'Withdraw' } });
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
    world().harbor.setUpstream('quay.io', 'down');
    await world().harbor.refreshStatus();
    await world().reconcile('quay');
    const out = await world().until('quay', 'Ready', 'False', 'UpstreamUnhealthy');
    expect(out.message).to.include('pull from the original registry');
    await world().untilImage('quay.io/a/b:1', 'quay.io/a/b:1');
    await world().until('quay', 'PolicyReady', 'False', 'Withdrawn');
    await world().killOperator();
    await world().startOperator();
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal('quay.io/a/b:1');
    world().harbor.setUpstream('quay.io', 'up');
    await world().reconcile('quay');
    await world().untilReady('quay');
    await world().untilImage('quay.io/a/b:1', cached);
    await world().apply('quay', { upstream: { type: 'quay' } });
    await world().untilReady('quay');
  });

  it('waits for an upstream that is down at creation, and goes on when it is up', async () => {
    world().harbor.mapHost('late.example.org', { up: false });
    await world().apply('late', { upstream: { type: 'docker-registry', url: 'https://late.example.org' } });
    const waiting = await world().until('late', 'Ready', 'False', 'UpstreamUnhealthy');
    expect(waiting.message).to.include('credentials');
    await world().until('late', 'Reconciling', 'True');
    expect(await world().imageOfNewPod('late.example.org/a:1')).to.equal('late.example.org/a:1');
    world().harbor.setUpstream('late.example.org', 'up');
    await world().untilReady('late');
    await world().untilImage('late.example.org/a:1', 'harbor.cache.test/late/a:1');
    expect(
      world()
        .harbor.endpoints()
        .filter(({ name }) => name.startsWith('late')),
    ).to.have.length(1);
  });

  it('says in each mirror that the login is refused, and goes on sending Pods to Harbor', async () => {
    await world().apply('gcr', { upstream: { type: 'docker-registry', url: 'https://gcr.io' } });
    await world().untilReady('gcr');
    await world().untilImage('gcr.io/a/b:1', 'harbor.cache.test/gcr/a/b:1');
    const policies = await clusterPolicies();
    const robots = world().harbor.robots();
    for (const robot of robots) world().harbor.state.robots.put({ ...robot, disable: true });
    for (const name of ['quay', 'gcr']) {
      await world().until(name, 'Ready', 'False', 'HarborCredentialsRefused', 30_000);
      await world().until(name, 'HarborReachable', 'True', 'HarborCredentialsRefused');
      expect(await world().condition(name, 'Stalled')).to.equal(undefined);
    }
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal(cached);
    expect(await world().imageOfNewPod('gcr.io/a/b:1')).to.equal('harbor.cache.test/gcr/a/b:1');
    expect(await clusterPolicies()).to.deep.equal(policies);
    // As after a fresh install with a wrong password: Harbor doesn't even say where nodes pull from.
    await world().killOperator();
    await world().startOperator({ env: { HARBOR_PULL_HOST: '', HARBOR_PASSWORD: 'wrong' } });
    await world().apply('new', { upstream: { type: 'docker-registry', url: 'https://new.example.org' } });
    await world().until('new', 'Ready', 'False', 'HarborCredentialsRefused', 30_000);
    expect(await world().condition('new', 'Stalled')).to.equal(undefined);
    expect(await world().imageOfNewPod('quay.io/a/b:1')).to.equal(cached);
    expect(await clusterPolicies()).to.deep.equal(policies);
    await world().killOperator();
    await world().startOperator();
    for (const name of ['quay', 'gcr', 'new']) await world().untilReady(name);
  });

  it('says Harbor’s database is not a proof of wrong credentials', async () => {
    world().harbor.broken.database = true;
    await world().until('quay', 'Ready', 'False', 'HarborUnreachable');
    world().harbor.broken.database = false;
    await world().untilReady('quay');
  });

  it('takes Pods off a project that is deleted by hand, within a minute and without being asked', async () => {
    const project = world().harbor.project('quay');
    const writes = world().harbor.count({ method: 'POST', route: '/projects' });
    if (project === undefined) throw new Error('not there');
    world().harbor.state.projects.delete(project.id);
    await eventually(
      () => {
        expect(world().harbor.project('quay')).to.not.equal(undefined);
        expect(world().harbor.count({ method: 'POST', route: '/projects' })).to.equal(writes + 1);
      },
      { timeoutMs: 60_000 },
    );
    await world().untilReady('quay');
  });
});
