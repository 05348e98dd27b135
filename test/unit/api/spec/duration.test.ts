import { expect } from 'chai';
import fc from 'fast-check';
import { DurationError, parseDuration } from '../../../../src/api/spec/duration.js';

describe('A duration', () => {
  const cases: Readonly<Record<string, number>> = {
    '10m': 600_000,
    '1h30m': 5_400_000,
    '90s': 90_000,
    '24h': 86_400_000,
    '1h1m1s': 3_661_000,
  };
  for (const [text, ms] of Object.entries(cases)) {
    it(`${text} is ${ms} ms`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }

  for (const text of ['', '10', '10 m', '1d', '-1m', '1m1h', '1.5h', 'm', '10m\n', '100000h']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => parseDuration(text)).to.throw(DurationError);
    });
  }

  it('adds up its parts', () => {
    const part = fc.integer({ min: 0, max: 99_999 });
    fc.assert(
      fc.property(part, part, part, (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).to.equal(((h * 60 + m) * 60 + s) * 1000);
      }),
    );
  });
});
