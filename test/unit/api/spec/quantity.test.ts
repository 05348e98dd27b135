import { expect } from 'chai';
import fc from 'fast-check';
import { parseQuantity, proxySpeedKb, QuantityError, storageBytes } from '../../../../src/api/spec/quantity.js';

describe('A quantity', () => {
  const cases: readonly (readonly [number | string, number])[] = [
    [0, 0],
    [1024, 1024],
    ['1024', 1024],
    ['+5', 5],
    ['500Gi', 500 * 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1Ki', 1024],
    ['1k', 1000],
    ['10Mi', 10 * 2 ** 20],
    ['10M', 10_000_000],
    ['2e9', 2_000_000_000],
    ['2E9', 2_000_000_000],
    ['25e-1', 3],
    ['1Pi', 2 ** 50],
    ['.5k', 500],
    ['5.', 5],
    ['500m', 1],
    ['1500m', 2],
    ['1n', 1],
    ['0.1Ki', 103],
  ];
  for (const [text, bytes] of cases) {
    it(`${text} is ${bytes}`, () => {
      expect(parseQuantity(text)).to.equal(bytes);
    });
  }

  const bad = [
    '',
    '.',
    'Gi',
    '-1',
    '1 Gi',
    '1GB',
    '1gi',
    '1K',
    '1e',
    '0x10',
    '1_000',
    '٣',
    '1Gi\n',
    '1E',
    '9007199254740992',
    '9'.repeat(65),
    'unlimited',
  ];
  for (const text of bad) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => parseQuantity(text)).to.throw(QuantityError);
    });
  }

  it('is not a number with a fraction or below zero', () => {
    for (const value of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => parseQuantity(value)).to.throw(QuantityError);
    }
  });

  it('in binary units is that many powers of two', () => {
    const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 5 }), (count, unit) => {
        expect(parseQuantity(`${count}${units[unit] ?? ''}`)).to.equal(count * 1024 ** unit);
      }),
    );
  });

  it('gives a number or a QuantityError for every text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.eE+KMGTPEinumk]{0,70}$/));
    fc.assert(
      fc.property(text, (quantity) => {
        try {
          expect(parseQuantity(quantity)).to.be.at.least(0);
        } catch (error) {
          if (!(error instanceof QuantityError)) throw error;
        }
      }),
    );
  });
});

describe("Harbor's storage limit", () => {
  it('is in bytes', () => {
    expect(storageBytes('500Gi')).to.equal(536_870_912_000);
    expect(storageBytes(4096)).to.equal(4096);
  });
  it('is -1 for unlimited', () => {
    expect(storageBytes('unlimited')).to.equal(-1);
  });
});

describe("Harbor's proxy speed", () => {
  it('counts in kilobits, of 128 bytes a second', () => {
    expect(proxySpeedKb('10Mi')).to.equal(81_920);
    expect(proxySpeedKb('1Ki')).to.equal(8);
  });
  it('is rounded down, so that a limit is kept', () => {
    expect(proxySpeedKb(1279)).to.equal(9);
  });
  it('stays below what overflows in Harbor for the largest limit that the CRD takes', () => {
    expect(proxySpeedKb(2_147_483_520) * 128).to.be.below(2 ** 31);
  });
  it('is never 0, which Harbor takes for no limit', () => {
    expect(proxySpeedKb('1')).to.equal(1);
  });
  it('is -1 for unlimited', () => {
    expect(proxySpeedKb('unlimited')).to.equal(-1);
  });
});
