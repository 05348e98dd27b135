import { expect } from 'chai';
import { Lab } from './lab.js';

const QUAY = { upstream: { type: 'quay' } } as const;

describe('a look at a mirror that goes', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  describe('as soon as it is there', () => {
    const deletesWhere = (isThen: (call: { readonly method: string; readonly route: string }) => boolean): void => {
      lab.harbor.inject(
        (call) => {
          const { finalizers = [], deletionTimestamp } = lab.mirror('quay')?.metadata ?? {};
          if (isThen(call) && finalizers.length > 0 && deletionTimestamp === undefined) lab.delete('quay');
          return false;
        },
        { kind: 'reset', when: 'before' },
      );
    };
    const moments: Readonly<Record<string, () => void>> = {
      'while it gets its finalizer': () => {
        lab.whileHeld = () => {
          lab.delete('quay');
        };
      },
      'while Harbor is asked what there is': () => {
        deletesWhere(({ method, route }) => method === 'GET' && route === '/registries');
      },
    };
    for (const [moment, comes] of Object.entries(moments)) {
      it(`leaves nothing in Harbor that nobody ever pulled from: ${moment}`, async () => {
        lab.apply('quay', QUAY);
        comes();
        await lab.look('quay');
        expect(lab.mirror('quay')?.metadata.deletionTimestamp).to.be.a('string');
        await lab.look('quay');
        expect([lab.harbor.writes(), lab.mirror('quay')]).to.deep.equal([[], undefined]);
      });
    }

    it('asks Harbor nothing where it went while it got its finalizer', async () => {
      lab.apply('quay', QUAY);
      await lab.untilHarbor('quay', 'up');
      lab.harbor.resetCounts();
      moments['while it gets its finalizer']?.();
      await lab.look('quay');
      expect([lab.harbor.reads(), lab.statusWrites]).to.deep.equal([[], 0]);
    });
  });

  it('lets go at once of a Harbor that nobody else uses, with no event that would tell that it is gone', async () => {
    lab.apply('quay', QUAY);
    await lab.untilReady('quay');
    const session = lab.session('quay');
    lab.delete('quay');
    await lab.look('quay');
    lab.policies.takeEffect();
    expect(session.signal.aborted).to.equal(false);
    await lab.look('quay');
    expect([lab.mirror('quay'), session.signal.aborted]).to.deep.equal([undefined, true]);
  });
});
