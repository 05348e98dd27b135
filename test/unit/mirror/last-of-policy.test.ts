import { expect } from 'chai';
import { Lab } from './lab.js';

describe('a deleted mirror that was the last of its policy', () => {
  it('goes after the policy, and says what keeps that', async () => {
    const lab = await Lab.start();
    try {
      lab.apply('quay', { upstream: { type: 'quay' }, deletionPolicy: 'Delete' });
      await lab.untilReady('quay');
      lab.delete('quay');
      lab.policies.emptied = { kind: 'ClusterPolicy', name: 'registry-mirrors', message: 'It may not be deleted.' };
      await lab.look('quay');
      lab.policies.takeEffect();
      await lab.look('quay');
      expect(lab.tells('quay', 'Ready')).to.include('ClusterPolicy registry-mirrors').and.include('may not be deleted');
      lab.policies.emptied = undefined;
      await lab.look('quay');
      expect(lab.mirror('quay')).to.equal(undefined);
      expect(lab.harbor.projects().map(({ name }) => name)).to.not.include('quay');
    } finally {
      await lab.stop();
    }
  });
});

describe('a deleted mirror that is in force for longer than it should', () => {
  it('says in which policy it is: an operator that is started then knows by that what a webhook still shows', async () => {
    const lab = await Lab.start();
    try {
      lab.apply('quay', { upstream: { type: 'quay' }, deletionPolicy: 'Delete' });
      await lab.untilReady('quay');
      const policy = lab.mirror('quay')?.status.policy;
      expect(policy).to.have.property('name');
      lab.delete('quay');
      await lab.look('quay');
      expect(lab.says('quay', 'Ready')).to.equal('False Deleting');
      expect(lab.mirror('quay')?.status.policy).to.deep.equal(policy);
      expect(lab.says('quay', 'PolicyReady')).to.not.include('True');
    } finally {
      await lab.stop();
    }
  });

  it('does so, too, where policies can’t be read', async () => {
    const lab = await Lab.start();
    try {
      lab.apply('quay', { upstream: { type: 'quay' } });
      await lab.untilReady('quay');
      const policy = lab.mirror('quay')?.status.policy;
      lab.policies.isKnown = false;
      await lab.look('quay');
      expect(lab.says('quay', 'Ready')).to.equal('Unknown PolicyUnknown');
      expect(lab.mirror('quay')?.status.policy).to.deep.equal(policy);
    } finally {
      await lab.stop();
    }
  });
});
