import { expect } from 'chai';
import { Lab } from './lab.js';

const hub = (project: object = {}): object => ({
  upstream: { type: 'docker-hub' },
  project,
  deletionPolicy: 'Delete',
});

describe('a mirror on a Harbor in read-only mode', () => {
  let lab: Lab;
  const setReadOnly = (isReadOnly: boolean): void => {
    lab.harbor.configuration.isReadOnly = isReadOnly;
  };

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  it('that is new waits, says so, and blames no permission; it heals once the mode is off', async () => {
    setReadOnly(true);
    lab.apply('hub', hub());
    await lab.look('hub');
    expect(lab.says('hub', 'Ready')).to.equal('False HarborReadOnly');
    expect(lab.says('hub', 'Stalled')).to.equal('absent');
    expect(lab.tells('hub', 'Ready'))
      .to.match(/read-only/)
      .and.not.match(/permission|harbor-robot/);
    setReadOnly(false);
    await lab.untilReady('hub');
  });

  it('that serves goes on serving while an edit of it waits', async () => {
    lab.apply('hub', hub());
    await lab.untilReady('hub');
    setReadOnly(true);
    lab.apply('hub', hub({ autoScan: true }));
    await lab.look('hub');
    expect(lab.says('hub', 'Ready')).to.equal('False HarborReadOnly');
    expect(lab.says('hub', 'PolicyReady')).to.equal('True InForce');
    setReadOnly(false);
    await lab.untilReady('hub');
    expect(lab.harbor.project('hub')?.metadata).to.include({ auto_scan: 'true' });
  });

  it('that is deleted waits with the same reason, and goes once the mode is off', async () => {
    lab.apply('hub', hub());
    await lab.untilReady('hub');
    setReadOnly(true);
    lab.delete('hub');
    await lab.look('hub');
    lab.policies.takeEffect();
    await lab.look('hub');
    expect(lab.says('hub', 'Ready')).to.equal('False HarborReadOnly');
    setReadOnly(false);
    await lab.look('hub');
    expect(lab.mirror('hub')).to.equal(undefined);
    expect(lab.harbor.project('hub')).to.equal(undefined);
  });
});
