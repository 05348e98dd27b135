import { expect } from 'chai';
import { AT_ONCE, Burst, TOGETHER } from '../../../src/policies/timing/burst.js';
import type { Rhythm } from '../../../src/policies/timing/burst.js';

const TICK_MS = 25;

/** When each write comes, if changes come at these times and mirrors are looked at until `busyUntil`; all in ms. */
function writesOf(changes: readonly number[], busyUntil = 0, rhythm: Rhythm = TOGETHER): readonly number[] {
  const burst = new Burst(rhythm);
  const writes: number[] = [];
  const left = [...changes];
  for (let now = 0; left.length > 0 || burst.isPending; now += TICK_MS) {
    while (left[0] !== undefined && left[0] <= now) burst.add(left.shift() ?? 0);
    if (!burst.isDue(now, now < busyUntil)) continue;
    burst.written(now);
    writes.push(now);
  }
  return writes;
}

/** A hundred changes, evenly over so many ms. */
function hundredOver(ms: number): readonly number[] {
  return Array.from({ length: 100 }, (_, index) => (index * ms) / 100);
}

describe('a burst of changes that can wait', () => {
  it('is written at once where it is one change alone', () => {
    expect(writesOf([0])).to.deep.equal([0]);
  });

  for (const seconds of [0, 0.5, 1, 2, 5, 8]) {
    it(`costs at most five writes for a hundred within ${seconds} s, whether mirrors are being looked at or not`, () => {
      const changes = hundredOver(seconds * 1000);
      for (const busyUntil of [0, seconds * 1000]) {
        const writes = writesOf(changes, busyUntil);
        expect(writes.length, writes.join(' ')).to.be.at.most(5);
      }
    });

    it(`has its last change of ${seconds} s written within a second after that`, () => {
      const changes = hundredOver(seconds * 1000);
      for (const busyUntil of [0, seconds * 1000]) {
        expect((writesOf(changes, busyUntil).at(-1) ?? 0) - (changes.at(-1) ?? 0)).to.be.at.most(1000);
      }
    });
  }

  it('lets no change wait for longer than three seconds, however long it goes on', () => {
    const writes = writesOf(
      Array.from({ length: 600 }, (_, index) => index * 100),
      60_000,
    );
    const pauses = writes.map((at, index) => at - (writes[index - 1] ?? 0));
    expect(Math.max(...pauses)).to.be.at.most(3000 + 100 + TICK_MS);
    expect(writes.length).to.be.at.most(25);
  });

  it('is over after a while: the next change is written at once again', () => {
    const writes = writesOf([0, 100, 200, 20_000]);
    expect(writes.at(-1)).to.equal(20_000);
  });
});

describe('changes that a person or Pods wait for', () => {
  const RESYNC_MS = 60_000;

  it('are written at once where it is one alone, although thousands of mirrors are being looked at', () => {
    expect(writesOf([500], RESYNC_MS, AT_ONCE)).to.deep.equal([500]);
  });

  it('are written at once again after two seconds', () => {
    expect(writesOf([0, 2500, 5000], RESYNC_MS, AT_ONCE)).to.deep.equal([0, 2500, 5000]);
  });

  it('share writes where many come meanwhile, and wait for a second at most', () => {
    const changes = hundredOver(8000);
    const writes = writesOf(changes, RESYNC_MS, AT_ONCE);
    expect(writes.length).to.be.at.most(12);
    const waits = changes.map((at) => (writes.find((write) => write >= at) ?? Infinity) - at);
    expect(Math.max(...waits)).to.be.at.most(1000 + TICK_MS);
  });

  it('are written at once whenever no mirror is being looked at', () => {
    const changes = [0, 100, 200, 300, 400];
    expect(writesOf(changes, 0, AT_ONCE)).to.deep.equal(changes);
  });
});
