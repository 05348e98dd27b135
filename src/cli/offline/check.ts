import { rewriterOf } from '../../engines/placement/rewriter-of.js';
import type { RewriteResult } from '../../image/rewrite.js';
import { whyLeftAlone } from '../../image/left-alone.js';
import { whyInvalid } from '../../image/why-invalid.js';
import { readMirrors } from '../files/mirrors-file.js';
import { InputError } from '../input-error.js';
import { place } from './placement.js';
import type { Output } from '../output.js';

interface CheckInput {
  readonly filename: readonly string[];
  readonly harborHost?: string;
  readonly images: readonly string[];
}

/** A name that an image may have, too, but that somebody meant as a file far more often. */
const FILE_NAME = /\.(ya?ml|json)$/;

/**
 * Prints what becomes of each image name, or why nothing does. Namespaces, labels and pull secrets play no part here.
 *
 * @returns whether each mirror gets what it asks for: none loses a host to another one.
 * @throws InputError where an image is a file, and for what `readMirrors` and `place` refuse
 */
export async function check(input: CheckInput, output: Output): Promise<boolean> {
  const file = input.images.find((image) => FILE_NAME.test(image));
  if (file !== undefined) throw new InputError(`${file} stands where an image is due: write -f before each file.`);
  const { placed, left, switchedOff, isWhole } = place(await readMirrors(input.filename, output), input.harborHost);
  for (const [mirror, reason] of left) output.warn(`Mirror ${mirror} rewrites nothing: ${reason}.`);
  const rewrite = rewriterOf(placed);
  for (const image of input.images) output.out(line(image, rewrite(image), switchedOff));
  return isWhole;
}

function line(image: string, result: RewriteResult, switchedOff: ReadonlyMap<string, string>): string {
  switch (result.outcome) {
    case 'rewritten':
      return `${image} -> ${result.image} (mirror ${result.mirror})`;
    case 'leftAlone':
      return `${image} stays as it is (mirror ${result.mirror}): ${whyLeftAlone(result.why)}`;
    case 'invalid':
      return `${JSON.stringify(image)} stays as it is: ${whyInvalid(image)}`;
    case 'otherHost': {
      const { domain } = result.reference;
      const mirror = switchedOff.get(domain);
      return mirror === undefined
        ? `${image} stays as it is: no mirror serves ${domain === '' ? 'its host' : domain}`
        : `${image} stays as it is (mirror ${mirror}): its rewrite.engine is None`;
    }
    case 'otherRepository':
      return `${image} stays as it is: rewrite.repositories of ${result.mirrors.join(', ')} leaves out ${result.reference.path}`;
  }
}
