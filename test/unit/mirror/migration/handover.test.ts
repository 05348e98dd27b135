import { expect } from 'chai';
import { Handover } from '../../../../src/mirror/migration/handover.js';
import { mirror } from '../mirror.js';

const MINUTE = 60_000;

describe('what a mirror served from before', () => {
  let now = 0;
  let served: string | undefined;
  let handover: Handover;
  const team = mirror('team');
  const due = (pullPrefix: string): number | undefined => handover.dueInMs(team, pullPrefix);

  beforeEach(() => {
    now = 1_000_000;
    served = undefined;
    const policies = { servesThrough: (_mirror: string, prefix: string) => prefix === served };
    handover = new Handover({ policies, retireAfterMs: 10 * MINUTE, now: () => now });
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

  it('can go at once where no Pods are sent anywhere', () => {
    const none = mirror('team', { spec: { rewrite: { engine: 'None' } } });
    expect(handover.dueInMs(none, 'harbor/new')).to.equal(0);
  });
});
