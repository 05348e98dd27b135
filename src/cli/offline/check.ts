import { rewriterOf } from '../../engines/placement/rewriter-of.js';
import type { RewriteResult } from '../../image/rewrite.js';
import { whyLeftAlone } from '../../image/left-alone.js';
import { readMirrors } from '../files/mirrors-file.js';
import { place } from './placement.js';
import type { Output } from '../output.js';

interface CheckInput {
  readonly filename: readonly string[];
  readonly harborHost?: string;
  readonly images: readonly string[];
}

/** Prints what becomes of each image name, or why nothing does. Namespaces, labels and pull secrets play no part here. */
export async function check(input: CheckInput, { out, warn }: Output): Promise<void> {
  const { placed, left } = place(await readMirrors(input.filename), input.harborHost);
  for (const [mirror, reason] of left) warn(`Mirror ${mirror} rewrites nothing: ${reason}.`);
  const rewrite = rewriterOf(placed);
  for (const image of input.images) out(line(image, rewrite(image)));
}

function line(image: string, result: RewriteResult): string {
  switch (result.outcome) {
    case 'rewritten':
      return `${image} -> ${result.image} (mirror ${result.mirror})`;
    case 'leftAlone':
      return `${image} stays as it is (mirror ${result.mirror}): ${whyLeftAlone(result.why)}`;
    case 'invalid':
      return `${JSON.stringify(image)} stays as it is: it is no valid image name`;
    case 'otherHost':
      return `${image} stays as it is: no mirror serves ${result.reference.domain === '' ? 'its host' : result.reference.domain}`;
    case 'otherRepository':
      return `${image} stays as it is: rewrite.repositories of ${result.mirrors.join(', ')} leaves out ${result.reference.path}`;
  }
}
