import { expect } from 'chai';
import { delaysBetween } from '../../bench/delay.js';

const buckets = (...counts: readonly number[]): ReadonlyMap<string, number> =>
  new Map(['0.01', '0.05', '0.1', '+Inf'].map((bound, index) => [bound, counts[index] ?? 0]));

describe('the delays of the event loop between two scrapes', () => {
  it('are the bounds that half of them, and 99 of 100, are within', () => {
    expect(delaysBetween(new Map(), buckets(60, 99, 100, 100))).to.deep.equal({ p50: 10, p99: 50 });
    expect(delaysBetween(new Map(), buckets(40, 98, 100, 100))).to.deep.equal({ p50: 50, p99: 100 });
    expect(delaysBetween(new Map(), buckets(0, 0, 0, 10))).to.deep.equal({ p50: Infinity, p99: Infinity });
  });

  it('leave out what was before', () => {
    expect(delaysBetween(buckets(0, 0, 100, 100), buckets(100, 100, 200, 200))).to.deep.equal({ p50: 10, p99: 10 });
  });

  it('are none where nothing was seen', () => {
    expect(delaysBetween(buckets(5, 5, 5, 5), buckets(5, 5, 5, 5))).to.deep.equal({ p50: 0, p99: 0 });
  });
});
