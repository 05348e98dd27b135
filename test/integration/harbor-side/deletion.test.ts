import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

const upstream = { type: 'docker-registry', url: 'https://registry.example.org' } as const;
const image = 'registry.example.org/a/b:1';
const deletes = { deletionPolicy: 'Delete', upstream } as const;

describe('Deletion', function () {
  this.timeout(60_000);
  const world = useWorld();

  async function expectGone(name: string): Promise<void> {
    const { stdout } = await world().cluster.kubectl([
      'get',
      'registrymirror',
      name,
      '--ignore-not-found',
      '-o',
      'name',
    ]);
    expect(stdout).to.equal('');
  }

  it('leaves Harbor as it is with Retain, mark included, without a call', async () => {
    await world().apply('kept', { upstream });
    await world().untilReady('kept');
    const description = world().harbor.endpoint('kept')?.description;
    world().harbor.resetCounts();
    await world().delete('kept');
    expect(await world().imageOfNewPod(image)).to.equal(image);
    expect(world().harbor.endpoint('kept')?.description).to.equal(description);
    expect(world().harbor.calls.filter(({ route }) => route.startsWith('/projects'))).to.deep.equal([]);
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('takes the mirror out of the policy in force before the project goes, and then everything that it made', async () => {
    await world().apply('gone', deletes);
    await world().untilReady('gone');
    await world().untilImage(image, 'harbor.cache.test/gone/a/b:1');
    let atDeletion: string | undefined;
    const end = world().harbor.afterWrite(async ({ method, route }) => {
      if (method === 'DELETE' && route.startsWith('/projects')) atDeletion ??= await world().imageOfNewPod(image);
    });
    await world().delete('gone');
    end();
    expect(atDeletion).to.equal(image);
    expect(world().harbor.project('gone')).to.equal(undefined);
    expect(world().harbor.endpoint('gone')).to.equal(undefined);
    const { stdout } = await world().cluster.kubectl([
      'get',
      'events',
      '-n',
      'default',
      '-o',
      'jsonpath={.items[*].reason}',
    ]);
    expect(stdout).to.include('Deleted');
  });

  it('deletes cached images page by page', async () => {
    await world().apply('full', deletes);
    await world().untilReady('full');
    const project = world().harbor.project('full');
    if (project === undefined) throw new Error('not there');
    world().harbor.fillCache('full', 230);
    expect(world().harbor.cached('full')).to.have.length(230);
    await world().delete('full');
    expect(world().harbor.project('full')).to.equal(undefined);
  });

  it('happens while suspended', async () => {
    await world().apply('asleep', deletes);
    await world().untilReady('asleep');
    await world().apply('asleep', { ...deletes, suspend: true });
    await world().delete('asleep');
    expect(world().harbor.project('asleep')).to.equal(undefined);
  });

  it('says what blocks it, and goes on when that is gone', async () => {
    await world().apply('blocked', deletes);
    await world().untilReady('blocked');
    const answer = { errors: [{ code: 'PRECONDITION', message: 'blocked by an immutable tag rule' }] };
    const fault = world().harbor.inject(
      { method: 'DELETE', route: '/projects/{project_name_or_id}' },
      { kind: 'answer', status: 412, body: answer },
      Infinity,
    );
    await world().cluster.kubectl(['delete', 'registrymirror', 'blocked', '--wait=false']);
    const waiting = await world().until('blocked', 'Ready', 'False', 'DeletionBlocked');
    expect(waiting.message).to.include('immutable tag rule').and.include('abandon');
    fault.remove();
    await eventually(async () => expectGone('blocked'));
    expect(world().harbor.project('blocked')).to.equal(undefined);
  });

  it('waits for a Harbor that is down, and lets go of one that is abandoned', async () => {
    await world().apply('lost', deletes);
    await world().untilReady('lost');
    await world().harbor.down();
    await world().cluster.kubectl(['delete', 'registrymirror', 'lost', '--wait=false']);
    await world().until('lost', 'Ready', 'False', 'HarborUnreachable');
    await world().cluster.kubectl(['annotate', 'registrymirror', 'lost', 'registrymirror.io/abandon=true']);
    await eventually(async () => expectGone('lost'));
    const { stdout } = await world().cluster.kubectl([
      'get',
      'events',
      '-n',
      'default',
      '-o',
      'jsonpath={.items[*].note}{.items[*].message}',
    ]);
    expect(stdout).to.include('abandoned');
    await world().harbor.up();
  });

  it('leaves a project alone that someone made on our endpoint, and says so', async () => {
    await world().apply('visited', deletes);
    await world().untilReady('visited');
    const id = world().harbor.endpoint('visited')?.id ?? 0;
    await world().asAdmin('POST', '/projects', {
      project_name: 'visitor',
      registry_id: id,
      metadata: { public: 'true' },
    });
    await world().delete('visited');
    expect(world().harbor.project('visitor')).to.not.equal(undefined);
    expect(world().harbor.project('visited')).to.equal(undefined);
    expect(world().harbor.endpoint('visited')).to.not.equal(undefined);
  });
});

describe('A new project.name', function () {
  this.timeout(60_000);
  const retireAfterMs = 2000;
  const world = useWorld({ env: { RETIRE_AFTER: `${retireAfterMs / 1000}s` } });

  for (const deletionPolicy of ['Delete', 'Retain']) {
    it(`makes the new project, switches without a gap, then retires the old one by deletionPolicy ${deletionPolicy}`, async () => {
      const [before, after] = [`before-${deletionPolicy.toLowerCase()}`, `after-${deletionPolicy.toLowerCase()}`];
      await world().apply('switch', { upstream, deletionPolicy, project: { name: before } });
      await world().untilImage(image, `harbor.cache.test/${before}/a/b:1`);
      await world().untilReady('switch');
      const seen = new Set<string>();
      await world().apply('switch', { upstream, deletionPolicy, project: { name: after } });
      await eventually(
        async () => {
          seen.add(await world().imageOfNewPod(image));
          expect([...seen]).to.include(`harbor.cache.test/${after}/a/b:1`);
        },
        { intervalMs: 1 },
      );
      const switchedAt = performance.now();
      await world().untilReady('switch');
      expect([...seen]).to.have.members([`harbor.cache.test/${before}/a/b:1`, `harbor.cache.test/${after}/a/b:1`]);
      await eventually(() => {
        expect(world().harbor.project(before) === undefined).to.equal(deletionPolicy === 'Delete');
        expect(world().harbor.endpoint(before) === undefined).to.equal(deletionPolicy === 'Delete');
      });
      // What was made a moment before the switch can still pull. The operator saw that some milliseconds earlier than we did.
      if (deletionPolicy === 'Delete') expect(performance.now() - switchedAt).to.be.at.least(retireAfterMs - 200);
      expect(world().harbor.project(after)).to.not.equal(undefined);
      expect((await world().get('switch')).status.harbor?.projectName).to.equal(after);
      await world().delete('switch');
    });
  }

  it('goes on serving from the old project while the new one can’t be made', async () => {
    world().harbor.mapHost('registry.example.org', {});
    await world().apply('stuck', { upstream, project: { name: 'stuck-one' } });
    await world().untilReady('stuck');
    world().harbor.setUpstream('registry.example.org', 'down');
    await world().apply('stuck', { upstream, project: { name: 'stuck-two' } });
    await world().until('stuck', 'Ready', 'False', 'UpstreamUnhealthy');
    expect(await world().imageOfNewPod(image)).to.equal('harbor.cache.test/stuck-one/a/b:1');
    world().harbor.setUpstream('registry.example.org', 'up');
    await world().untilImage(image, 'harbor.cache.test/stuck-two/a/b:1');
  });
});
