import { expect } from 'chai';
import { useBareWorld } from '../bare-world.js';

const IMAGE = 'quay.io/app/web:1';

describe('A Harbor in read-only mode', function () {
  this.timeout(120_000);
  const world = useBareWorld();
  const setReadOnly = (isReadOnly: boolean): void => {
    world().harbor.configuration.isReadOnly = isReadOnly;
  };

  before(async () => {
    await world().cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }]);
    const rewrite = { engine: 'MutatingAdmissionPolicy' };
    await world().apply('serving', { upstream: { type: 'quay' }, rewrite });
    await world().untilReady('serving');
    await world().untilImage(IMAGE, 'harbor.cache.test/serving/app/web:1');
    setReadOnly(true);
  });

  it('is named as what a new mirror waits for, and no permission is', async () => {
    await world().apply('late', { upstream: { type: 'github-ghcr' } });
    const { message } = await world().until('late', 'Ready', 'False', 'HarborReadOnly');
    expect(message)
      .to.match(/read-only/)
      .and.not.match(/permission|harbor-robot/);
    expect(await world().condition('late', 'Stalled')).to.equal(undefined);
  });

  it('has what it serves already pulled from it as before, and deletes nothing', async () => {
    await world().apply('serving', {
      upstream: { type: 'quay' },
      rewrite: { engine: 'MutatingAdmissionPolicy' },
      project: { autoScan: true },
    });
    await world().until('serving', 'Ready', 'False', 'HarborReadOnly');
    expect(await world().imageOfNewPod(IMAGE)).to.equal('harbor.cache.test/serving/app/web:1');
    expect(world().harbor.project('serving')).to.not.equal(undefined);
  });

  it('gets what waited once the mode is off, without anybody else doing anything', async () => {
    setReadOnly(false);
    await world().untilReady('serving');
    expect(world().harbor.project('serving')?.metadata).to.include({ auto_scan: 'true' });
    await world().until('late', 'ProjectReady', 'True');
  });
});
