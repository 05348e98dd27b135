import { expect } from 'chai';
import fc from 'fast-check';
import { parseReference } from '../../../src/image/reference.js';
import { whyInvalid } from '../../../src/image/why-invalid.js';

const cases: readonly (readonly [image: string, rule: string])[] = [
  ['a'.repeat(64), "64 hexadecimal digits are an image's id"],
  ['https://quay.io/a', 'an image has no https:// in front'],
  ['Nginx', '"Nginx" has upper-case letters, which only a host and a tag may have'],
  ['quay.io/a b', '"a b" has other characters than lower-case letters, digits and . _ -'],
  ['quay.io/ä', '"ä" has other characters than lower-case letters, digits and . _ -'],
  ['a..b/c', 'in "a..b" other characters stand together than one dot, one or two _, or dashes'],
  ['quay.io/_a', '"_a" begins or ends with . _ or -'],
  ['quay.io//a', 'it has nothing before, after or between two slashes'],
  ['quay.io/a/', 'it has nothing before, after or between two slashes'],
  ['quay.io:x/a', '"quay.io:x" is neither a host nor a host with a port'],
  ['nginx:', 'there is no tag after the colon'],
  ['nginx:-x', 'the tag "-x" isn\'t 1 to 128 letters, digits and _ . - that begin with no . or -'],
  [
    'nginx@sha256:12',
    'the digest "sha256:12" isn\'t sha256: and 64 digits 0-9 a-f, nor such of sha384 (96) or sha512 (128)',
  ],
  [`quay.io/${'a'.repeat(256)}`, 'without host and tag it has more than 255 characters'],
];

describe('why a name is no image name', () => {
  for (const [image, rule] of cases) {
    it(`says of ${image.slice(0, 20)}: ${rule}`, () => {
      expect(whyInvalid(image)).to.equal(`it is no valid image name: ${rule}`);
    });
  }

  it('names a rule for every name that is refused', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('ab.:/@-_[]A0')) }));
    fc.assert(
      fc.property(text, (image) => {
        if (parseReference(image) === undefined) expect(whyInvalid(image)).to.include('image name: ');
      }),
    );
  });
});
