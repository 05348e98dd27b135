import { MAX_PATH_BYTES, readReference } from './reference.js';
import type { BrokenRule } from './reference.js';

/** Which rule a name breaks that {@link parseReference} refuses, for people. */
export function whyInvalid(image: string): string {
  const read = readReference(image);
  const rule = 'broken' in read ? sentence(image, read) : undefined;
  return `it is no valid image name${rule === undefined ? '' : `: ${rule}`}`;
}

function sentence(image: string, { broken, part }: BrokenRule): string {
  if (image.includes('://')) return `an image has no ${image.slice(0, image.indexOf('://'))}:// in front`;
  switch (broken) {
    case 'imageId':
      return "64 hexadecimal digits are an image's id";
    case 'length':
      return `without host and tag it has more than ${MAX_PATH_BYTES} characters`;
    case 'tag':
      return part === ''
        ? 'there is no tag after the colon'
        : `the tag ${JSON.stringify(part)} isn't 1 to 128 letters, digits and _ . - that begin with no . or -`;
    case 'digest':
      return `the digest ${JSON.stringify(part)} isn't sha256: and 64 digits 0-9 a-f, nor such of sha384 (96) or sha512 (128)`;
    case 'path':
      return pathSentence(part);
  }
}

/** What is wrong with a part between two slashes. */
function pathSentence(part: string): string {
  if (part === '') return 'it has nothing before, after or between two slashes';
  const quoted = JSON.stringify(part);
  if (part.includes(':')) return `${quoted} is neither a host nor a host with a port`;
  if (/[A-Z]/.test(part)) return `${quoted} has upper-case letters, which only a host and a tag may have`;
  if (/[^a-z0-9._-]/.test(part)) return `${quoted} has other characters than lower-case letters, digits and . _ -`;
  if (/^[._-]|[._-]$/.test(part)) return `${quoted} begins or ends with . _ or -`;
  return `in ${quoted} other characters stand together than one dot, one or two _, or dashes`;
}
