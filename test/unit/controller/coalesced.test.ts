import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Coalesced } from '../../../src/controller/coalesced.js';
import { eventually } from '../../support/wait.js';

describe('what is run once for many events', () => {
  let runs: number;
  let coalesced: Coalesced;

  beforeEach(() => {
    runs = 0;
    coalesced = new Coalesced(() => {
      runs += 1;
    }, 5);
  });

  it('runs once for a thousand of them, and once more for those that come later', async () => {
    for (let i = 0; i < 1000; i += 1) coalesced.due();
    expect(runs).to.equal(0);
    await eventually(() => {
      expect(runs).to.equal(1);
    });
    coalesced.due();
    await eventually(() => {
      expect(runs).to.equal(2);
    });
  });

  it('is not run any more once it was stopped', async () => {
    coalesced.due();
    coalesced.stop();
    await pause(10);
    expect(runs).to.equal(0);
  });
});
