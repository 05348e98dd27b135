import { expect } from 'chai';
import { Retirement } from '../../../../src/mirror/migration/retirement.js';
import type { PolicyState } from '../../../../src/policies/state.js';
import { mirror } from '../mirror.js';

const MINUTE = 60_000;

describe('what a mirror served from before', () => {
  let now = 0;
  let served: string | undefined;
  let outdatedMs = 0;
  /** Whether a policy that the mirror moved out of still has it with its former place. */
  let isLeaving = false;
  let retirement: Retirement;
  const team = mirror('team');
  const due = (pullPrefix: string): number | undefined => retirement.observe(team, pullPrefix);

  beforeEach(() => {
    now = 1_000_000;
    served = undefined;
    outdatedMs = 0;
    isLeaving = false;
    const policies = {
      outdatedForMs: () => outdatedMs,
      servesOnlyThrough: (_mirror: string, prefix: string) => prefix === served && !isLeaving,
      servesThrough: (_mirror: string, prefix: string) => prefix === served,
      state: (): PolicyState => (served === undefined ? { kind: 'absent' } : { kind: 'pending', forMs: 0 }),
    };
    retirement = new Retirement({ policies, retireAfterMs: 10 * MINUTE, now: () => now });
  });

  it('stays while new Pods are not sent to the present one', () => {
    served = 'harbor/old';
    expect(due('harbor/new')).to.equal(undefined);
    now += 60 * MINUTE;
    expect(due('harbor/new')).to.equal(undefined);
  });

  it('can go a while after they are', () => {
    served = 'harbor/new';
    expect(due('harbor/new')).to.equal(10 * MINUTE);
    now += 4 * MINUTE;
    expect(due('harbor/new')).to.equal(6 * MINUTE);
    now += 7 * MINUTE;
    expect(due('harbor/new')).to.equal(0);
  });

  it('stays as long as an API server may still send Pods there', () => {
    served = 'harbor/new';
    due('harbor/new');
    now += 10 * MINUTE;
    outdatedMs = 5000;
    expect(due('harbor/new')).to.equal(5000);
    outdatedMs = 0;
    expect(due('harbor/new')).to.equal(0);
  });

  it('stays, and is looked at again, until the policy that the mirror moved out of has let go of it', () => {
    served = 'harbor/new';
    isLeaving = true;
    expect(due('harbor/new')).to.equal(3000);
    now += 20 * MINUTE;
    expect(due('harbor/new')).to.equal(3000);
    isLeaving = false;
    expect(due('harbor/new')).to.equal(10 * MINUTE);
  });

  it('waits anew after each switch, and after one back', () => {
    served = 'harbor/new';
    due('harbor/new');
    now += 20 * MINUTE;
    served = 'harbor/old';
    expect(due('harbor/old')).to.equal(10 * MINUTE);
    now += 20 * MINUTE;
    served = 'harbor/new';
    expect(due('harbor/new')).to.equal(10 * MINUTE);
  });

  it('waits anew where the mirror was withdrawn meanwhile', () => {
    served = 'harbor/new';
    due('harbor/new');
    served = undefined;
    due('harbor/new');
    now += 20 * MINUTE;
    served = 'harbor/new';
    expect(due('harbor/new')).to.equal(10 * MINUTE);
  });

  it('waits for the policy to let go, and as long after that, where the engine is None', () => {
    const none = mirror('team', { spec: { rewrite: { engine: 'None' } } });
    served = 'harbor/old';
    expect(retirement.observe(none, 'harbor/new')).to.equal(undefined);
    now += 20 * MINUTE;
    served = undefined;
    expect(retirement.observe(none, 'harbor/new')).to.equal(10 * MINUTE);
    now += 10 * MINUTE;
    expect(retirement.observe(none, 'harbor/new')).to.equal(0);
  });

  it('is waited for anew after the mirror was deleted and applied again', () => {
    served = 'harbor/new';
    due('harbor/new');
    now += 20 * MINUTE;
    retirement.forget('team');
    expect(due('harbor/new')).to.equal(10 * MINUTE);
  });
});
