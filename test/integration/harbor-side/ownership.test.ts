import { expect } from 'chai';
import { parseMark } from '../../../src/harbor/mark.js';
import type { World } from '../../support/world.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

const none = { rewrite: { engine: 'None' } } as const;
const upstream = { type: 'docker-registry', url: 'https://registry.example.org' } as const;

/** An endpoint and a project that someone made by hand in Harbor. */
async function makeByHand(
  world: World,
  name: string,
  url: string = upstream.url,
  description = '',
  endpointName = name,
): Promise<number> {
  const endpointId = await world.asAdmin('POST', '/registries', {
    name: endpointName,
    type: 'docker-registry',
    url,
    description,
    insecure: false,
  });
  await world.asAdmin('POST', '/projects', {
    project_name: name,
    registry_id: endpointId,
    metadata: { public: 'true' },
  });
  return endpointId;
}

describe('Ownership in Harbor', function () {
  this.timeout(60_000);
  const world = useWorld();

  it('writes the mark with the endpoint, behind the user’s text', async () => {
    await world().apply('marked', { ...none, upstream: { ...upstream, description: 'Ours since 2024' } });
    await world().untilReady('marked');
    const { userText, mark } = parseMark(world().harbor.endpoint('marked')?.description ?? '');
    expect(userText).to.equal('Ours since 2024');
    expect(mark).to.include({ mirror: 'marked', endpoint: 'created', project: 'created' });
  });

  it('stops at a project that is not ours, says how to go on, and touches nothing', async () => {
    await makeByHand(world(), 'foreign');
    world().harbor.resetCounts();
    await world().apply('foreign', { ...none, upstream });
    const stalled = await world().until('foreign', 'Stalled', 'True', 'ProjectNotOurs');
    expect(stalled.message).to.include('adoptionPolicy').and.include('Adopt');
    expect(await world().condition('foreign', 'Reconciling')).to.equal(undefined);
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('uses a project that is not ours without writing anything, where its upstream is the same', async () => {
    await makeByHand(world(), 'shared', upstream.url, 'by hand');
    world().harbor.resetCounts();
    await world().apply('shared', { ...none, upstream, adoptionPolicy: 'Use', deletionPolicy: 'Delete' });
    await world().until('shared', 'ProjectReady', 'True', 'Used');
    await world().untilReady('shared');
    await world().delete('shared');
    expect(world().harbor.writes()).to.deep.equal([]);
    expect(world().harbor.project('shared')).to.not.equal(undefined);
  });

  it('does not use a project of another upstream', async () => {
    await makeByHand(world(), 'other', 'https://elsewhere.example.org');
    await world().apply('other', { ...none, upstream, adoptionPolicy: 'Use' });
    await world().until('other', 'Stalled', 'True', 'UpstreamMismatch');
  });

  it('adopts by writing the mark and nothing else, and never deletes what it adopted', async () => {
    await makeByHand(world(), 'adopted', upstream.url, 'by hand');
    world().harbor.resetCounts();
    await world().apply('adopted', {
      ...none,
      upstream: { ...upstream, description: 'by hand' },
      adoptionPolicy: 'Adopt',
      deletionPolicy: 'Delete',
    });
    await world().until('adopted', 'ProjectReady', 'True', 'Adopted');
    expect(
      world()
        .harbor.writes()
        .map(({ method, route }) => `${method} ${route}`),
    ).to.deep.equal(['PUT /registries/{id}']);
    const { userText, mark } = parseMark(world().harbor.endpoint('adopted')?.description ?? '');
    expect(userText).to.equal('by hand');
    expect(mark).to.include({ mirror: 'adopted', endpoint: 'adopted', project: 'adopted' });
    await world().delete('adopted');
    expect(world().harbor.project('adopted')).to.not.equal(undefined);
    expect(world().harbor.endpoint('adopted')).to.not.equal(undefined);
  });

  it('does not adopt an endpoint that another project pulls through', async () => {
    const id = await makeByHand(world(), 'crowded');
    await world().asAdmin('POST', '/projects', {
      project_name: 'crowded-too',
      registry_id: id,
      metadata: { public: 'true' },
    });
    world().harbor.resetCounts();
    await world().apply('crowded', { ...none, upstream, adoptionPolicy: 'Adopt' });
    const stalled = await world().until('crowded', 'Stalled', 'True', 'EndpointShared');
    expect(stalled.message).to.include('crowded-too').and.include('Use');
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('finds its own again after a delete with Retain and another apply', async () => {
    await world().apply('again', { ...none, upstream });
    await world().untilReady('again');
    const [endpoint, project] = [world().harbor.endpoint('again')?.id, world().harbor.project('again')?.id];
    await world().delete('again');
    expect(world().harbor.project('again')?.id).to.equal(project);
    world().harbor.resetCounts();
    await world().apply('again', { ...none, upstream });
    await world().untilReady('again');
    expect((await world().get('again')).status.harbor).to.include({ endpointID: endpoint, projectID: project });
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('is Stalled when the mark is erased by hand, and writes it again with Adopt', async () => {
    await world().apply('erased', { ...none, upstream });
    await world().untilReady('erased');
    const endpoint = world().harbor.endpoint('erased');
    if (endpoint !== undefined) endpoint.description = 'tidied up';
    await world().reconcile('erased');
    await world().until('erased', 'Stalled', 'True', 'MarkMissing');
    await world().apply('erased', { ...none, upstream, adoptionPolicy: 'Adopt' });
    await world().untilReady('erased');
    expect(parseMark(world().harbor.endpoint('erased')?.description ?? '').mark).to.include({ mirror: 'erased' });
  });

  it('names its endpoint with a hash where the name is taken by a foreign one', async () => {
    await world().asAdmin('POST', '/registries', {
      name: 'taken',
      type: 'docker-registry',
      url: 'https://elsewhere.example.org',
    });
    await world().apply('taken', { ...none, upstream });
    await world().untilReady('taken');
    const id = (await world().get('taken')).status.harbor?.endpointID;
    const names = world()
      .harbor.endpoints()
      .filter((endpoint) => endpoint.id === id)
      .map(({ name }) => name);
    expect(names).to.have.length(1);
    expect(names[0]).to.match(/^taken-[0-9a-f]{8}$/);
  });

  it('takes its fresh endpoint away when the project turns out to be someone else’s', async () => {
    let raced = false;
    const end = world().harbor.afterWrite(async (call) => {
      if (raced || call.method !== 'POST' || call.route !== '/registries') return;
      raced = true;
      await makeByHand(world(), 'raced', upstream.url, '', 'raced-by-hand');
    });
    await world().apply('raced', { ...none, upstream, project: { name: 'raced' } });
    await world().until('raced', 'Stalled', 'True', 'ProjectNotOurs');
    end();
    expect(
      world()
        .harbor.endpoints()
        .filter(({ description }) => parseMark(description).mark?.mirror === 'raced'),
    ).to.deep.equal([]);
  });

  it('goes on with an endpoint that was renamed by hand, leaves it its name, and still knows it for its own', async () => {
    await world().apply('renamed', { ...none, upstream, deletionPolicy: 'Delete' });
    await world().untilReady('renamed');
    const id = world().harbor.endpoint('renamed')?.id ?? 0;
    await world().asAdmin('PUT', `/registries/${id}`, { name: 'renamed-by-hand' });
    world().harbor.resetCounts();
    await world().reconcile('renamed');
    await world().untilReady('renamed');
    expect(world().harbor.writes()).to.deep.equal([]);
    expect((await world().get('renamed')).status.harbor?.endpointID).to.equal(id);
    await world().delete('renamed');
    expect(world().harbor.endpoint('renamed-by-hand')).to.equal(undefined);
    expect(world().harbor.project('renamed')).to.equal(undefined);
  });

  it('takes Pods off a project that somebody deleted and made again as their own, and touches nothing of it', async () => {
    const image = 'registry.example.org/a:1';
    await world().apply('replaced', { upstream });
    await world().untilReady('replaced');
    await world().untilImage(image, 'harbor.cache.test/replaced/a:1');
    const { harbor } = world();
    const project = harbor.project('replaced');
    if (project === undefined) throw new Error('not there');
    harbor.state.projects.delete(project.id);
    const theirs = await makeByHand(world(), 'replaced', 'https://evil.example.org', '', 'theirs');
    harbor.resetCounts();
    await world().reconcile('replaced');
    await world().until('replaced', 'Stalled', 'True', 'ProjectNotOurs');
    await world().untilImage(image, image);
    const writes = harbor.writes().map(({ method, path }) => `${method} ${path}`);
    expect(writes.filter((write) => write.endsWith(`/${theirs}`))).to.deep.equal([]);
    expect(harbor.project('replaced')?.registryId).to.equal(theirs);
    await world().delete('replaced');
    expect(harbor.project('replaced')?.registryId).to.equal(theirs);
  });

  it('deletes no endpoint that somebody’s replication rule uses, says so, and goes on when that is gone', async () => {
    await world().apply('replicated', { ...none, upstream, deletionPolicy: 'Delete' });
    await world().untilReady('replicated');
    const id = world().harbor.endpoint('replicated')?.id ?? 0;
    const policy = await world().asAdmin('POST', '/replication/policies', {
      name: 'nightly',
      src_registry: { id },
      enabled: true,
    });
    await world().cluster.kubectl(['delete', 'registrymirror', 'replicated', '--wait=false']);
    const waiting = await world().until('replicated', 'Ready', 'False', 'DeletionBlocked');
    expect(waiting.message).to.include('referenced by replication policies');
    expect(world().harbor.endpoint('replicated')?.id).to.equal(id);
    await world().asAdmin('DELETE', `/replication/policies/${policy}`);
    await eventually(() => {
      expect(world().harbor.endpoint('replicated')).to.equal(undefined);
    });
  });
});
