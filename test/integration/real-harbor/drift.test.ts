import { expect } from 'chai';
import { parseMark } from '../../../src/harbor/mark.js';
import type { Endpoint, Project } from '../../../src/harbor/types.js';
import { eventually } from '../../support/wait.js';
import { harborName } from './harbor-under-test.js';
import { useStage } from './stage.js';

describe(`Drift in ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage();
  const none = { rewrite: { engine: 'None' } };

  const there = async (part: string): Promise<{ readonly endpoint: Endpoint; readonly project: Project }> => {
    const endpoint = await stage().harbor.client.findEndpoint(stage().name(part));
    const project = await stage().harbor.client.findProject(stage().name(part));
    if (endpoint === undefined || project === undefined) throw new Error(`Not all of ${part} is in Harbor.`);
    return { endpoint, project };
  };
  const look = async (part: string): Promise<void> => {
    await stage().mirrors.reconcile(stage().name(part));
    await stage().mirrors.untilReady(stage().name(part));
  };

  it('is repaired in an endpoint that was edited, in one write', async () => {
    await stage().serve('edited', none);
    const { endpoint } = await there('edited');
    await stage().harbor.client.updateEndpoint(endpoint.id, { insecure: true });
    stage().gate.forget();
    await look('edited');
    expect((await there('edited')).endpoint).to.include({ id: endpoint.id, insecure: false });
    expect(stage().gate.writes).to.deep.equal([`PUT /api/v2.0/registries/${endpoint.id}`]);
  });

  it('is none where somebody renamed the endpoint: it is known by its mark', async () => {
    await stage().serve('renamed', none);
    const { endpoint } = await there('renamed');
    const name = stage().name('renamed-by-hand');
    await stage().harbor.client.updateEndpoint(endpoint.id, { name });
    stage().gate.forget();
    await look('renamed');
    expect(stage().gate.writes).to.deep.equal([]);
    await stage().mirrors.delete(stage().name('renamed'));
    expect(await stage().harbor.client.findEndpoint(name)).to.equal(undefined);
  });

  it('is repaired where a project was deleted: it is made again on the endpoint that is still there', async () => {
    await stage().serve('project', none);
    const before = await there('project');
    await stage().harbor.client.deleteProject(before.project);
    await look('project');
    const after = await there('project');
    expect(after.project.id).to.not.equal(before.project.id);
    expect(after.project.registryId).to.equal(before.endpoint.id);
  });

  it('is repaired where the endpoint was deleted together with its project', async () => {
    await stage().serve('both', none);
    const before = await there('both');
    await stage().harbor.client.deleteProject(before.project);
    await stage().harbor.client.deleteEndpoint(before.endpoint.id);
    await look('both');
    const after = await there('both');
    expect(after.endpoint.id).to.not.equal(before.endpoint.id);
    expect(after.project.registryId).to.equal(after.endpoint.id);
  });

  it('stops the mirror where the mark was erased, and Adopt writes it again', async () => {
    await stage().serve('erased', none);
    const { endpoint } = await there('erased');
    await stage().harbor.client.updateEndpoint(endpoint.id, { description: 'tidied up' });
    await stage().mirrors.reconcile(stage().name('erased'));
    await stage().mirrors.until(stage().name('erased'), 'Stalled', 'True', 'MarkMissing');
    await stage().serve('erased', { ...none, adoptionPolicy: 'Adopt' });
    const { mark } = parseMark((await there('erased')).endpoint.description);
    expect(mark).to.include({ mirror: stage().name('erased') });
  });

  it('is found by itself, where a project that serves was deleted', async () => {
    await stage().serve('unasked');
    await stage().untilRewritten('unasked');
    const before = await there('unasked');
    await stage().harbor.client.deleteProject(before.project);
    await eventually(
      async () => {
        const after = await stage().harbor.client.findProject(stage().name('unasked'));
        expect(after?.id).to.be.a('number').and.not.equal(before.project.id);
      },
      { timeoutMs: 60_000 },
    );
    await stage().mirrors.untilReady(stage().name('unasked'));
    expect((await stage().pullAsPod('unasked')).blobs).to.equal(2);
  });
});
