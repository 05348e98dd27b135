import { expect } from 'chai';
import { parseMark } from '../../../src/harbor/mark.js';
import { harborName } from './harbor-under-test.js';
import { useStage } from './stage.js';

describe(`A project that was there before, in ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage();
  let endpointId: number;

  const description = async (): Promise<string> =>
    (await stage().harbor.client.findEndpoint(stage().name('by-hand')))?.description ?? '';
  const apply = (adoptionPolicy: string): Promise<void> =>
    stage().mirrors.apply(stage().name('by-hand'), stage().spec('by-hand', { adoptionPolicy }));

  before(async () => {
    const { client } = stage().harbor;
    const name = stage().name('by-hand');
    const { url } = stage().upstream;
    const endpoint = { name, type: 'docker-registry', url, description: 'by hand', insecure: false };
    endpointId = await client.createEndpoint(endpoint);
    await client.createProject({ name, registryId: endpointId, metadata: { public: 'true' } });
  });
  beforeEach(() => {
    stage().gate.forget();
  });

  it('is left alone with Refuse, and the mirror says how to go on', async () => {
    await apply('Refuse');
    const { message } = await stage().mirrors.until(stage().name('by-hand'), 'Stalled', 'True', 'ProjectNotOurs');
    expect(message).to.include('adoptionPolicy');
    expect(stage().gate.writes).to.deep.equal([]);
    expect(await stage().imageOfNewPod('by-hand')).to.equal(stage().image('by-hand'));
  });

  it('is used with Use, without a write', async () => {
    await apply('Use');
    await stage().mirrors.untilReady(stage().name('by-hand'));
    await stage().untilRewritten('by-hand');
    expect((await stage().pullAsPod('by-hand')).blobs).to.equal(2);
    expect(stage().gate.writes).to.deep.equal([]);
    expect(await description()).to.equal('by hand');
  });

  it('is not used where its endpoint has another upstream', async () => {
    const upstream = {
      type: 'docker-registry',
      url: 'https://registry.example.org',
      hosts: [stage().host('elsewhere')],
    };
    const project = { name: stage().name('by-hand') };
    await stage().mirrors.delete(stage().name('by-hand'));
    const spec = stage().spec('elsewhere', { upstream, project, adoptionPolicy: 'Use' });
    await stage().mirrors.apply(stage().name('elsewhere'), spec);
    await stage().mirrors.until(stage().name('elsewhere'), 'Stalled', 'True', 'UpstreamMismatch');
    await stage().mirrors.delete(stage().name('elsewhere'));
    expect(stage().gate.writes).to.deep.equal([]);
  });

  it('is adopted with Adopt by one write, the mark behind the text that was there, and never deleted', async () => {
    await apply('Adopt');
    await stage().mirrors.untilReady(stage().name('by-hand'));
    const { userText, mark } = parseMark(await description());
    expect(mark).to.include({ mirror: stage().name('by-hand'), endpoint: 'adopted', project: 'adopted' });
    expect(userText).to.equal('by hand');
    expect(stage().gate.writes).to.deep.equal([`PUT /api/v2.0/registries/${endpointId}`]);
    await stage().mirrors.delete(stage().name('by-hand'));
    expect((await stage().harbor.client.findProject(stage().name('by-hand')))?.registryId).to.equal(endpointId);
  });

  it('is not adopted while another project pulls through its endpoint', async () => {
    const { client } = stage().harbor;
    const [crowded, guest] = [stage().name('crowded'), stage().name('guest')];
    const where = { type: 'docker-registry', url: stage().upstream.url, description: '', insecure: false };
    const registryId = await client.createEndpoint({ ...where, name: crowded });
    for (const name of [crowded, guest]) await client.createProject({ name, registryId, metadata: { public: 'true' } });
    await stage().mirrors.apply(crowded, stage().spec('crowded', { adoptionPolicy: 'Adopt' }));
    const { message } = await stage().mirrors.until(crowded, 'Stalled', 'True', 'EndpointShared');
    expect(message).to.include(guest);
    expect(stage().gate.writes).to.deep.equal([]);
  });
});
