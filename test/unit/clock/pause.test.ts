import { expect } from 'chai';
import { pause, within } from '../../../src/clock/pause.js';

/** Longer than this test may take. */
const LONG_MS = 60_000;
const ignored = new AbortController().signal;

describe('a pause', () => {
  it('ends after so long', async () => {
    const startedAt = performance.now();
    await pause(20, ignored);
    // A timer may fire a millisecond early.
    expect(performance.now() - startedAt).to.be.at.least(18);
  });

  it('ends as soon as it is broken off, before it begins or later', async () => {
    const stopped = new AbortController();
    const pausing = pause(LONG_MS, stopped.signal);
    stopped.abort();
    await pausing;
    await pause(LONG_MS, stopped.signal);
  });

  it('is none where the time is over', async () => {
    await pause(-1, ignored);
  });
});

describe('a promise that is waited for only so long', () => {
  it('gives what it comes to', async () => {
    expect(await within(LONG_MS, Promise.resolve('this'))).to.equal('this');
  });

  it('gives nothing where that takes longer', async () => {
    expect(await within(5, Promise.withResolvers<string>().promise)).to.equal(undefined);
  });

  it('rejects as it does', async () => {
    const refused = new Error('refused');
    expect(await within(LONG_MS, Promise.reject<string>(refused)).catch((error: unknown) => error)).to.equal(refused);
  });
});
