import { expect } from 'chai';
import { HarborHealth } from '../../../../src/harbor/session/harbor-health.js';

const thresholds = { failures: 3, successes: 3 };

/** @param checks - `x`: a failure, `.`: a success; `!` is where the state changed */
function play(wasUp: boolean, checks: string): { readonly changes: string; readonly isUp: boolean } {
  const health = new HarborHealth(thresholds, wasUp);
  const changes = checks
    .split('')
    .map((check) => (health.report(check === 'x' ? 'refused' : undefined) ? '!' : '-'))
    .join('');
  return { changes, isUp: health.isUp };
}

describe('the health of a Harbor', () => {
  for (const [title, wasUp, checks, changes, isUp] of [
    ['stays up at two failures', true, 'xx.xx.', '------', true],
    ['goes down at three in a row', true, 'xxx', '--!', false],
    ['goes down once', true, 'xxxxxx', '--!---', false],
    ['stays down at two successes', true, 'xxx..x..', '--!-----', false],
    ['comes up at three in a row', true, 'xxx...', '--!--!', true],
    ['needs three successes after a restart while it was down', false, '...', '--!', true],
    ['says nothing new where it goes on being down after a restart', false, 'xxxx', '----', false],
  ] as const) {
    it(title, () => {
      expect(play(wasUp, checks)).to.deep.equal({ changes, isUp });
    });
  }

  it('tells what the last failure said', () => {
    const health = new HarborHealth(thresholds, true);
    health.report('first');
    health.report('second');
    health.report(undefined);
    expect(health.message).to.equal('second');
  });
});
