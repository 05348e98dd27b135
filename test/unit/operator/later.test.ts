import { expect } from 'chai';
import { later } from '../../../src/operator/later.js';

describe('a call for later', () => {
  it('comes when the clock shows that it is time, and not before', async () => {
    const early: number[] = [];
    const calls = Array.from({ length: 300 }, async (_, i) => {
      // Timers of all fractions of a millisecond, so that some would be early.
      await new Promise((resolve) => setTimeout(resolve, i % 7));
      const ms = 5 + (i % 20);
      const dueAt = Date.now() + ms;
      await new Promise<void>((resolve) => {
        later(ms, resolve);
      });
      if (Date.now() < dueAt) early.push(dueAt - Date.now());
    });
    const awake = setTimeout(() => undefined, 2000);
    await Promise.all(calls);
    clearTimeout(awake);
    expect(early).to.deep.equal([]);
  });
});
