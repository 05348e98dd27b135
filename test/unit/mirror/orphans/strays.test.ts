import { expect } from 'chai';
import { formatMark } from '../../../../src/harbor/mark.js';
import type { Mark } from '../../../../src/harbor/mark.js';
import { StrayFinder } from '../../../../src/mirror/orphans/strays.js';
import type { Stray } from '../../../../src/mirror/orphans/strays.js';
import { HarborInventory } from '../../../../src/harbor/inventory.js';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborClient } from '../../../../src/harbor/client.js';
import { startHarbor } from '../../../harbor/index.js';
import type { HarborStandIn } from '../../../harbor/index.js';

const CREATED: Mark = { cluster: 'us', mirror: 'moved', endpoint: 'created', project: 'created', deletion: 'Delete' };

describe('what a mirror has in a Harbor that it was moved away from, unknown to its status', () => {
  let harbor: HarborStandIn;
  let client: HarborClient;

  beforeEach(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {} } });
    client = createHarborClient({ url: harbor.url, ...harbor.addRobot('operator') });
  });
  afterEach(async () => {
    client.close();
    await harbor.stop();
  });

  /** What two sweeps find, with an endpoint and a project of this mark there. */
  async function found(mark: Mark, elsewhere: readonly string[] = ['moved']): Promise<readonly Stray[]> {
    const description = formatMark('', mark);
    const url = 'https://quay.io';
    const id = await client.createEndpoint({ name: 'e', type: 'docker-registry', url, description, insecure: false });
    await client.createProject({ name: 'p', registryId: id, metadata: {} });
    const told: Stray[] = [];
    const finder = new StrayFinder({
      clusterId: 'us',
      elsewhere: (at) => new Set(at === harbor.url ? elsewhere : []),
      onFound: (_, stray) => told.push(stray),
    });
    const here = { url: harbor.url, inventory: new HarborInventory(client, () => 0) };
    for (let sweeps = 0; sweeps < 2; sweeps++) await finder.look(here);
    return told;
  }

  it('is found by the mark, and told once', async () => {
    const [stray, ...more] = await found(CREATED);
    expect(stray).to.include({ mirror: 'moved', projectName: 'p' });
    expect(more).to.deep.equal([]);
  });

  it('is nothing of a mirror that uses this Harbor, or is to leave what it made', async () => {
    expect(await found(CREATED, [])).to.deep.equal([]);
  });

  it('is nothing of another cluster’s', async () => {
    expect(await found({ ...CREATED, cluster: 'them' })).to.deep.equal([]);
  });

  it('is nothing that was to stay when it was last written', async () => {
    const { deletion, ...retained } = CREATED;
    expect(deletion).to.equal('Delete');
    expect(await found(retained)).to.deep.equal([]);
  });
});
