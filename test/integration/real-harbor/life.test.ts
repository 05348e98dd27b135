import { expect } from 'chai';
import { parseMark } from '../../../src/harbor/mark.js';
import { pull } from '../../support/pull.js';
import { eventually } from '../../support/wait.js';
import { harborsToTry, NOTED_MS } from './harbor-under-test.js';
import { useStage } from './stage.js';

for (const { title, version } of harborsToTry) {
  describe(`A mirror’s life in ${title}`, function () {
    this.timeout(180_000);
    const stage = useStage({ version });

    it('begins with an endpoint, marked, and a project on it', async () => {
      await stage().serve('life', { upstream: { ...upstream(), description: 'Ours since 2024' } });
      const endpoint = await stage().harbor.client.findEndpoint(stage().name('life'));
      const { mark, userText } = parseMark(endpoint?.description ?? '');
      expect(mark).to.include({ mirror: stage().name('life'), endpoint: 'created', project: 'created' });
      expect(userText).to.equal('Ours since 2024');
      expect(endpoint).to.include({ url: stage().upstream.url, type: 'docker-registry', status: 'healthy' });
      const project = await stage().harbor.client.findProject(stage().name('life'));
      expect(project?.registryId).to.equal(endpoint?.id);
      expect(project?.metadata.public).to.equal('true');
      const { harbor } = (await stage().mirrors.get(stage().name('life'))).status;
      expect(harbor).to.include({ endpointID: endpoint?.id, projectID: project?.id });
    });

    const upstream = (): object => ({
      type: 'docker-registry',
      url: stage().upstream.url,
      hosts: [stage().host('life')],
    });

    it('sends new Pods to it, who get the very image that the upstream has', async () => {
      await stage().untilRewritten('life');
      const fromHarbor = await stage().pullAsPod('life');
      const fromUpstream = await pull(stage().upstream.url, stage().image('life'));
      expect(fromHarbor).to.deep.equal(fromUpstream);
    });

    it('costs no write once everything is as it should be', async () => {
      await stage().mirrors.reconcile(stage().name('life'));
      stage().gate.forget();
      await stage().mirrors.reconcile(stage().name('life'));
      expect(stage().gate.writes).to.deep.equal([]);
    });

    it('serves from the cache while the upstream is away, without withdrawing anything', async () => {
      await stage().fillCache('life');
      const before = await stage().imageOfNewPod('life');
      await stage().upstream.stop();
      // Harbor ties the tag to what is cached some seconds later.
      const { blobs } = await eventually(() => stage().pullAsPod('life'), { timeoutMs: NOTED_MS });
      expect(blobs).to.equal(2);
      expect(await stage().imageOfNewPod('life')).to.equal(before);
      expect((await stage().mirrors.condition(stage().name('life'), 'Ready'))?.status).to.equal('True');
    });

    it('ends with nothing left in Harbor', async () => {
      await stage().mirrors.delete(stage().name('life'));
      await eventually(async () => {
        expect(await stage().harbor.client.findProject(stage().name('life'))).to.equal(undefined);
        expect(await stage().harbor.client.findEndpoint(stage().name('life'))).to.equal(undefined);
      });
      expect(await stage().imageOfNewPod('life')).to.equal(stage().image('life'));
    });
  });
}
