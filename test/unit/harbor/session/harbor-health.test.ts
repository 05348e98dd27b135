import { expect } from 'chai';
import { HarborHealth } from '../../../../src/harbor/session/harbor-health.js';
import type { CheckResult } from '../../../../src/harbor/session/harbor-check.js';

const thresholds = { failures: 3, successes: 3 };
const RESULTS: Readonly<Record<string, CheckResult>> = {
  '.': { kind: 'works' },
  x: { kind: 'fails', message: 'refused' },
  r: { kind: 'loginRefused', message: '401' },
};
const LETTERS = { up: 'U', down: 'D', unknown: '?', loginRefused: 'R' } as const;

/**
 * @param checks - `x`: nodes can't pull, `.`: all is well, `r`: the login is refused
 * @returns what it counts as after each
 */
function play(wasUp: boolean, checks: string): string {
  const health = new HarborHealth(thresholds, wasUp);
  return Array.from(checks, (check) => {
    health.report(RESULTS[check] ?? { kind: 'works' });
    return LETTERS[health.availability.kind];
  }).join('');
}

describe('the health of a Harbor', () => {
  for (const [title, wasUp, checks, states] of [
    ['stays up at two failures', true, '.xx.xx.', 'UUUUUUU'],
    ['goes down at three in a row', true, '.xxx', 'UUUD'],
    ['goes on being down', true, '.xxxxxx', 'UUUDDDD'],
    ['stays down at two successes', true, '.xxx..x..', 'UUUDDDDDD'],
    ['comes up at three in a row', true, '.xxx...', 'UUUDDDU'],
    ['needs three successes after a restart while it was down', false, '...', 'DDU'],
    ['goes on being down after a restart while it was down', false, 'xxxx', 'DDDD'],
    ['is unknown until it answers for the first time', true, 'xx.', '??U'],
    ['is down when it never answered', true, 'xxx', '??D'],
    ['takes a first refusal of the login for one', true, 'r', 'R'],
    ['takes a later refusal for one only when it is repeated', true, '.r.rr', 'UUUUR'],
    ['takes the login again at once', true, '.rr.', 'UURU'],
    ['never goes down for a refused login', true, '.rrrrrrrr', 'UURRRRRRR'],
    ['comes back from an outage with a refused login', true, '.xxxrrr', 'UUUDDDR'],
    ['goes down with a refused login', true, 'rxxx', 'RRRD'],
  ] as const) {
    it(title, () => {
      expect(play(wasUp, checks)).to.equal(states);
    });
  }

  it('tells what the last failure said', () => {
    const health = new HarborHealth({ failures: 1, successes: 3 }, true);
    health.report({ kind: 'fails', message: 'first' });
    health.report({ kind: 'fails', message: 'second' });
    health.report({ kind: 'works' });
    expect(health.availability).to.deep.equal({ kind: 'down', message: 'second' });
  });
});
