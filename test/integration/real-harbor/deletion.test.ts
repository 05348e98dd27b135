import { expect } from 'chai';
import { MIRRORS } from '../../support/mirrors.js';
import { eventually } from '../../support/wait.js';
import { harborName, NOTED_MS } from './harbor-under-test.js';
import { useStage } from './stage.js';

describe(`Deletion in ${harborName}`, function () {
  this.timeout(180_000);
  const stage = useStage();

  const expectNothingLeft = async (part: string): Promise<void> => {
    const { client } = stage().harbor;
    expect(await client.findProject(stage().name(part))).to.equal(undefined);
    expect(await client.findEndpoint(stage().name(part))).to.equal(undefined);
  };
  const deleteMirror = async (part: string): Promise<void> => {
    await stage().cluster.api.json('DELETE', `${MIRRORS}/${stage().name(part)}`);
    await eventually(
      async () => {
        const { status } = await stage().cluster.api.send('GET', `${MIRRORS}/${stage().name(part)}`);
        if (status !== 404) throw new Error(JSON.stringify((await stage().mirrors.get(stage().name(part))).status));
      },
      { timeoutMs: NOTED_MS, message: `the mirror ${part} to be gone` },
    );
  };

  it('takes cached repositories, project and endpoint away, once new Pods no longer use them', async () => {
    await stage().serve('full');
    await stage().fillCache('full');
    await deleteMirror('full');
    await expectNothingLeft('full');
    expect(await stage().imageOfNewPod('full')).to.equal(stage().image('full'));
  });

  it('takes a project away that an image was pulled through a moment ago, although Harbor notes it later', async () => {
    await stage().serve('fresh');
    await stage().untilRewritten('fresh');
    await stage().pullAsPod('fresh');
    await deleteMirror('fresh');
    await expectNothingLeft('fresh');
  });

  it('leaves everything with Retain, and a mirror that comes back finds its own again', async () => {
    await stage().serve('kept', { deletionPolicy: 'Retain' });
    const { client } = stage().harbor;
    const before = await client.findProject(stage().name('kept'));
    await deleteMirror('kept');
    expect((await client.findProject(stage().name('kept')))?.id).to.equal(before?.id);
    stage().gate.forget();
    await stage().serve('kept');
    expect(stage().gate.writes).to.deep.equal([]);
    await deleteMirror('kept');
    await expectNothingLeft('kept');
  });

  it('leaves a project alone that somebody made on the mirror’s endpoint, and so the endpoint', async () => {
    await stage().serve('visited');
    const { client } = stage().harbor;
    const endpoint = await client.findEndpoint(stage().name('visited'));
    const guest = { name: stage().name('visitor'), registryId: endpoint?.id ?? 0, metadata: { public: 'true' } };
    await client.createProject(guest);
    await deleteMirror('visited');
    expect(await client.findProject(stage().name('visited'))).to.equal(undefined);
    expect((await client.findProject(guest.name))?.registryId).to.equal(endpoint?.id);
  });
});
