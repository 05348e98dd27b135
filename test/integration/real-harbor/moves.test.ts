import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { harborName, NOTED_MS } from './harbor-under-test.js';
import { leaveOut } from './left-out.js';
import { useStage } from './stage.js';

leaveOut('a move to another Harbor, and taking the old one’s projects away', 'it takes a second Harbor');

describe(`A mirror that moves, in ${harborName}`, function () {
  this.timeout(180_000);
  const stage = useStage();

  for (const deletionPolicy of ['Delete', 'Retain']) {
    it(`goes to a new project.name without a gap; the old project, with what it cached, has ${deletionPolicy}`, async () => {
      const part = `move-${deletionPolicy.toLowerCase()}`;
      const [before, after] = [stage().name(`${part}-before`), stage().name(`${part}-after`)];
      await stage().serve(part, { deletionPolicy, project: { name: before } });
      await stage().fillCache(part, before);
      await stage().mirrors.apply(stage().name(part), stage().spec(part, { deletionPolicy, project: { name: after } }));
      const seen = new Set<string>();
      await eventually(
        async () => {
          const image = await stage().imageOfNewPod(part);
          seen.add(image.split('/')[1] ?? '');
          // Whatever a Pod is sent to, it can pull from.
          await stage().pullAsPod(part);
          expect([...seen]).to.include(after);
        },
        { intervalMs: 10, timeoutMs: 60_000 },
      );
      expect([...seen]).to.deep.equal([before, after]);
      await stage().mirrors.untilReady(stage().name(part));
      await eventually(
        async () => {
          const { client } = stage().harbor;
          expect((await client.findProject(before)) === undefined).to.equal(deletionPolicy === 'Delete');
          expect((await client.findEndpoint(before)) === undefined).to.equal(deletionPolicy === 'Delete');
        },
        { timeoutMs: NOTED_MS },
      );
      expect((await stage().pullAsPod(part)).blobs).to.equal(2);
    });
  }

  it('deletes nothing where spec.harbor.url is another name of the same Harbor', async () => {
    const part = 'same';
    const name = stage().name(part);
    await stage().serve(part);
    await stage().untilRewritten(part);
    const id = (await stage().harbor.client.findProject(name))?.id;
    const secret = await stage().harborSecret('same');
    stage().gate.forget();
    const harbor = { url: new URL(stage().harbor.url).origin, credentialsSecretRef: { name: secret } };
    await stage().serve(part, { harbor });
    await eventually(async () => {
      const { harbor: moved, formerHarbors } = (await stage().mirrors.get(name)).status;
      expect(moved?.url).to.equal(harbor.url);
      expect(formerHarbors).to.equal(undefined);
    });
    expect(stage().gate.writes).to.deep.equal([]);
    expect((await stage().harbor.client.findProject(name))?.id).to.equal(id);
    expect((await stage().pullAsPod(part)).blobs).to.equal(2);
    await stage().mirrors.delete(name);
    expect(await stage().harbor.client.findProject(name)).to.equal(undefined);
  });
});
