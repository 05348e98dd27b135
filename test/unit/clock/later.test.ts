import { mock } from 'node:test';
import { expect } from 'chai';
import { later } from '../../../src/clock/later.js';

describe('a call for later', () => {
  afterEach(() => {
    mock.reset();
  });

  it('comes when the clock shows that it is time, though the timer fires a millisecond before', () => {
    let clock = 1_000;
    let calls = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => clock);
    // An hour back, as when a clock is set right.
    mock.method(Date, 'now', () => -3_600_000);
    later(3_000, () => (calls += 1));
    clock += 2_999;
    mock.timers.tick(3_000);
    expect(calls).to.equal(0);
    clock += 1;
    mock.timers.tick(1);
    expect(calls).to.equal(1);
  });
});
