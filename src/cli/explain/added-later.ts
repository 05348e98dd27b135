import type { Rewriter } from '../../image/rewrite.js';
import type { PolicySettings } from '../../engines/settings.js';
import { podImages } from './pod.js';
import type { Pod } from './pod.js';
import { isRewritten } from './pod-rules.js';
import type { Reason } from './pod-rules.js';

/**
 * That another webhook added a container after the policy ran, as far as the Pod shows it: a MutatingPolicy is never asked again, and the others
 * only about a Pod that they were asked about before, for one of its images or since `rewrite.injected` is Always.
 */
export function addedLater(pod: Pod, { engine, injected }: PolicySettings, rewrite: Rewriter): Reason | undefined {
  const isNeverAskedAgain = engine === 'MutatingPolicy';
  if (isNeverAskedAgain && isRewritten(pod)) {
    const text = 'it was added after this policy ran, by a later webhook: Kyverno never asks a MutatingPolicy again';
    return { code: 'AddedLater', text };
  }
  const hasOthers = podImages(pod).some(({ image }) => rewrite(image).outcome !== 'rewritten');
  if (isRewritten(pod) || !hasOthers || (injected === 'Always' && !isNeverAskedAgain)) return undefined;
  const why = isNeverAskedAgain
    ? 'Kyverno never asks a MutatingPolicy again'
    : "the policy wasn't asked again (rewrite.injected is BestEffort)";
  return {
    code: 'AddedLater',
    text: `a new Pod would be rewritten; if a later webhook added it to a Pod without mirrored images, after this policy ran, then ${why}`,
  };
}
