import { expect } from 'chai';
import { holdsFor } from '../../../../src/mirror/look/preconditions.js';
import { ALONE } from '../alone.js';
import { Lab } from '../lab.js';
import { LabPolicies } from '../lab-policies.js';
import { mirror } from '../mirror.js';

const PREFIX = 'harbor.cache.test/quay';

describe('a mirror whose policy is as it is to be, while an API server may still go by what was there before', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });

  afterEach(async () => {
    await lab.stop();
  });

  async function deleted(spec: object): Promise<void> {
    lab.apply('quay', { upstream: { type: 'quay' }, ...spec });
    await lab.untilReady('quay');
    lab.delete('quay');
    await lab.look('quay');
    lab.policies.takeEffect();
    lab.policies.outdatedMs = 9000;
  }

  it('keeps its project when it is deleted, until then', async () => {
    await deleted({ deletionPolicy: 'Delete' });
    expect(await lab.lookAtOnce('quay')).to.deep.equal({ requeueAfterMs: 9000 });
    expect(lab.harbor.project('quay')).to.not.equal(undefined);
    lab.policies.outdatedMs = 0;
    await lab.look('quay');
    expect(lab.mirror('quay')).to.equal(undefined);
    expect(lab.harbor.project('quay')).to.equal(undefined);
  });

  it('is gone at once where all of it stays in Harbor', async () => {
    await deleted({ deletionPolicy: 'Retain' });
    await lab.look('quay');
    expect(lab.mirror('quay')).to.equal(undefined);
    expect(lab.harbor.project('quay')).to.not.equal(undefined);
  });

  it('stays where a Pod needs its pull Secret', async () => {
    await deleted({ deletionPolicy: 'Retain', project: { public: false }, rewrite: { pullSecret: 'Inject' } });
    expect(await lab.lookAtOnce('quay')).to.deep.equal({ requeueAfterMs: 9000 });
    expect(lab.mirror('quay')).to.not.equal(undefined);
  });

  for (const precondition of [{ kind: 'inNoPolicy' }, { kind: 'policiesSendOnlyTo', pullPrefix: PREFIX }] as const) {
    it(`lets nothing go that waits for ${precondition.kind}`, () => {
      const policies = new LabPolicies();
      const object = mirror('quay');
      const entry = { mirror: 'quay', pullPrefix: PREFIX, hosts: ['quay.io'], include: [], exclude: [] };
      if (precondition.kind === 'policiesSendOnlyTo')
        policies.decide('quay', { kind: 'include', entry, settings: {} as never });
      policies.takeEffect();
      expect(holdsFor(object, { policies, ...ALONE })(precondition)).to.equal(true);
      policies.outdatedMs = 1;
      expect(holdsFor(object, { policies, ...ALONE })(precondition)).to.equal(false);
    });
  }
});
