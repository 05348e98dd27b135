import { expect } from 'chai';
import { isOlder, OLDEST_HARBOR, releaseOf, tooOld } from '../../../src/harbor/version.js';

describe("Harbor's version", () => {
  const comparisons: readonly [string | undefined, string, boolean][] = [
    ['v2.14.0-a1b2c3d4', '2.14.1', true],
    ['v2.14.1-a1b2c3d4', '2.14.1', false],
    ['v2.14.10-a1b2c3d4', '2.14.2', false],
    ['v2.9.4-a1b2c3d4', '2.14.1', true],
    ['v10.0.0-a1b2c3d4', '2.14.1', false],
    ['v2.16.0-rc1-a1b2c3d4', '2.16.0', false],
    ['2.15', '2.15.1', true],
    ['2.15', '2.15.0', false],
    [undefined, '2.14.1', false],
    ['', '2.14.1', false],
    ['dev', '2.14.1', false],
    ['v2', '2.14.1', false],
    ['2.15.2.1', '2.16.0', false],
  ];
  for (const [version, release, expected] of comparisons) {
    it(`${version ?? 'unknown'} is ${expected ? '' : 'not '}older than ${release}`, () => {
      expect(isOlder(version, release)).to.equal(expected);
    });
  }

  it('is told as a release, without the commit', () => {
    expect(releaseOf('v2.15.2-080b0220')).to.equal('2.15.2');
  });

  it('is too old before the oldest that works, and says which that is', () => {
    expect(tooOld('v2.9.0-a1b2c3d4'))
      .to.include('version 2.9.0')
      .and.include(OLDEST_HARBOR)
      .and.include('Upgrade Harbor');
  });

  it('is fine from there on, and where nobody knows it', () => {
    for (const version of [`v${OLDEST_HARBOR}-a1b2c3d4`, 'v2.16.0-a1b2c3d4', undefined, 'dev']) {
      expect(tooOld(version), version).to.equal(undefined);
    }
  });
});
