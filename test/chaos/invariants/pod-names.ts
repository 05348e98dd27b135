import { rewriter } from '../../../src/image/rewrite.js';
import type { Invariant } from './invariant.js';

export const podNames: Invariant = {
  name: 'every new Pod gets the image that the check command tells for what is in force',
  breaches: ({ pods, policies }) => {
    const rewrite = rewriter(policies.flatMap(({ entries = [] }) => entries));
    return pods.flatMap(({ image, result, refusal }) => {
      if (refusal !== undefined) return [`a Pod of ${image} is refused: ${refusal}`];
      const expected = rewrite(image).image;
      return result === expected ? [] : [`a Pod of ${image} gets ${result ?? 'nothing'}, and should get ${expected}`];
    });
  },
};
