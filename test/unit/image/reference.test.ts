import { expect } from 'chai';
import fc from 'fast-check';

import { parseReference } from '../../../src/image/reference.js';
import { goldenCases } from '../../integration/policy/golden.js';

const SHA256 = `sha256:${'a'.repeat(64)}`;

describe('parsing an image name', () => {
  for (const { image, valid, domain, path, tag, digest } of goldenCases) {
    it(`reads ${JSON.stringify(image)} as the distribution project's parser does`, () => {
      const reference = parseReference(image);
      expect(reference !== undefined).to.equal(valid);
      if (reference === undefined) return;
      expect(reference.domain).to.equal(domain);
      expect(reference.path).to.equal(path);
      expect(reference.tag).to.equal(tag);
      expect(reference.digest).to.equal(digest);
    });
  }

  const accepted: readonly [string, string, string, string][] = [
    ['a bare localhost is a name of Docker Hub', 'localhost', 'docker.io', 'library/localhost'],
    ['localhost with a path is a host', 'localhost/a', 'localhost', 'a'],
    ['a host in upper case is a host', 'FOO/a', 'FOO', 'a'],
    ['an IPv6 address is a host', '[::1]/a', '[::1]', 'a'],
    ['an IPv6 address may have a port', '[fe80::A]:443/a/b', '[fe80::A]:443', 'a/b'],
    ['a first part that no host can be leaves the host empty', 'a_b.c/d', '', 'a_b.c/d'],
    ['any number of dashes joins', 'a---b/c', 'docker.io', 'a---b/c'],
    ['255 bytes of path', `quay.io/${'a'.repeat(255)}`, 'quay.io', 'a'.repeat(255)],
    ['the host is not counted', `${'a'.repeat(60)}.test/${'b'.repeat(255)}`, `${'a'.repeat(60)}.test`, 'b'.repeat(255)],
    ['128 characters of tag', `a:${'T'.repeat(128)}`, 'docker.io', 'library/a'],
    ['sha512', `a@sha512:${'0'.repeat(128)}`, 'docker.io', 'library/a'],
    ['sha384', `a@sha384:${'0'.repeat(96)}`, 'docker.io', 'library/a'],
    ['63 hexadecimal digits', 'a'.repeat(63), 'docker.io', `library/${'a'.repeat(63)}`],
    ['an id with a host is a name', `quay.io/${'a'.repeat(64)}`, 'quay.io', 'a'.repeat(64)],
  ];
  for (const [sentence, image, domain, path] of accepted) {
    it(`accepts: ${sentence}`, () => {
      expect(parseReference(image)).to.deep.include({ domain, path });
    });
  }

  const refused: readonly [string, string][] = [
    ['nothing', ''],
    ['an image id', 'a'.repeat(64)],
    ['256 bytes of path', `quay.io/${'a'.repeat(256)}`],
    ['a bare name that library/ makes too long', 'a'.repeat(248)],
    ['129 characters of tag', `a:${'T'.repeat(129)}`],
    ['a tag that starts with a dash', 'a:-x'],
    ['upper case in a path', 'quay.io/A'],
    ['upper case in a bare name', 'Nginx'],
    ['three underscores', 'a___b'],
    ['two dots', 'a..b/c'],
    ['a separator at the end', 'a-/b'],
    ['a separator at the start', 'quay.io/_a'],
    ['a slash at the end', 'quay.io/a/'],
    ['a port that is no number', 'quay.io:x/a'],
    ['an empty port', 'quay.io:/a'],
    ['a host that ends in a dash', 'quay-.io:1/a'],
    ['an IPv6 address with a letter', '[g::1]/a'],
    ['an IPv6 address not closed', '[::1/a'],
    ['an unknown digest algorithm', `a@md5:${'0'.repeat(32)}`],
    ['a digest in upper case', `a@sha256:${'A'.repeat(64)}`],
    ['a digest that is too long', `a@${SHA256}0`],
    ['two digests', `a@${SHA256}@${SHA256}`],
    ['a tag after the digest', `a@${SHA256}:x`],
    ['an empty digest', 'a@'],
    ['a letter outside of ASCII', 'ä'],
    ['a line break at the end', 'nginx\n'],
  ];
  for (const [sentence, image] of refused) {
    it(`refuses ${sentence}`, () => {
      expect(parseReference(image)).to.equal(undefined);
    });
  }

  it('never throws, and takes a name apart without losing a character', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('ab.:/@-_[]A0')) }));
    fc.assert(
      fc.property(text, (image) => {
        const reference = parseReference(image);
        if (reference === undefined) return;
        const { path, suffix } = reference;
        expect(image.endsWith(`${path.replace(/^library\//, '')}${suffix}`)).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes ten times as long for a text ten times as long, and not a hundred times', () => {
    const hostile = (n: number): readonly string[] => [
      'a-'.repeat(n),
      'a.'.repeat(n),
      '-'.repeat(n),
      'a/'.repeat(n),
      '_'.repeat(n) + '!',
      'a:'.repeat(n),
      '@'.repeat(n),
    ];
    const time = (n: number): number => {
      const start = performance.now();
      for (const text of hostile(n)) parseReference(text);
      return performance.now() - start;
    };
    time(10_000);
    // Quadratic time would be 400 times that, some ten seconds.
    expect(time(400_000)).to.be.lessThan(time(20_000) * 20 * 5 + 200);
  });
});
