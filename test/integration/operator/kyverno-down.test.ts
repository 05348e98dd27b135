import { expect } from 'chai';
import { useWorld } from '../use-world.js';

describe('Kyverno is down', function () {
  this.timeout(90_000);
  const world = useWorld();
  let namespace: string;

  const run = async (name: string, image: string): Promise<{ readonly code: number; readonly stderr: string }> =>
    world().cluster.kubectl(['run', name, `--image=${image}`, '-n', namespace]);

  before(async () => {
    namespace = await world().cluster.createNamespace();
    await world().apply('dockerhub', { upstream: { type: 'docker-hub' } });
    await world().untilReady('dockerhub');
    await world().cluster.stopKyverno();
  });
  after(async () => {
    await world().cluster.startKyverno();
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('and a Pod without a mirrored image is created all the same', async () => {
    const created = await run('unmirrored', 'registry.example.org/team/app:1');
    expect(created.code, created.stderr).to.equal(0);
  });

  it('and a Pod with one is refused, which says that the webhook does not answer', async () => {
    const refused = await run('mirrored', 'nginx');
    expect(refused.code).to.not.equal(0);
    expect(refused.stderr).to.include('failed calling webhook').and.include('mutate.kyverno.svc-fail');
  });

  it('and a new mirror has its project in Harbor but is not ready, and changes no Pod', async () => {
    await world().apply('quay', { upstream: { type: 'quay' } });
    const ready = await world().until('quay', 'Ready', 'False', 'PolicyPending');
    expect(ready.message).to.not.equal('');
    expect(world().harbor.project('quay')?.registryId).to.equal(world().harbor.endpoint('quay')?.id);
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('quay.io/a/b');
    expect(world().operator.daemon.running()).to.equal(true);
  });

  it('and back: all of it works, without anybody’s doing', async () => {
    await world().cluster.startKyverno();
    await world().untilReady('quay');
    await world().untilReady('dockerhub');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('harbor.cache.test/quay/a/b');
    const created = await run('mirrored', 'nginx');
    expect(created.code, created.stderr).to.equal(0);
    expect(await world().imageOfNewPod('nginx')).to.equal('harbor.cache.test/dockerhub/library/nginx');
  });
});
