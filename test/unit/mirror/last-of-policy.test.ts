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
