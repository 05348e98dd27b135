import { expect } from 'chai';
import { retryAfterMs } from '../../../../src/harbor/http/retry.js';

describe('Retry-After', () => {
  const now = (): number => Date.parse('2026-01-01T00:00:00Z');
  const cases: readonly (readonly [unknown, number | undefined])[] = [
    ['3', 3000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Thu, 01 Jan 2025 00:00:05 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ];
  for (const [header, ms] of cases) {
    it(`${JSON.stringify(header)} is ${ms ?? 'no'} ms from now`, () => {
      expect(retryAfterMs(header, now)).to.equal(ms);
    });
  }
});
