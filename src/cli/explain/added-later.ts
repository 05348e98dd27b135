import type { Rewriter } from '../../image/rewrite.js';
import type { PolicySettings } from '../../engines/settings.js';
import { podImages } from './pod.js';
import type { Pod } from './pod.js';
import { isRewritten } from './pod-rules.js';
import type { Reason } from './pod-rules.js';

/**
 * That another webhook may have added a container after the policy ran, which no Pod shows: a MutatingPolicy is never asked again, and the others
 * only about a Pod that they were asked about before, for one of its images or since `rewrite.injected` is Always.
 */
export function addedLater(pod: Pod, { engine, injected }: PolicySettings, rewrite: Rewriter): Reason | undefined {
  const isNeverAskedAgain = engine === 'MutatingPolicy';
  const wasRewritten = isRewritten(pod);
  if (!isNeverAskedAgain && (wasRewritten || injected === 'Always')) return undefined;
  const hasOthers = podImages(pod).some(({ image }) => rewrite(image).outcome !== 'rewritten');
  if (!wasRewritten && !hasOthers) return undefined;
  const where = wasRewritten ? '' : ' to a Pod without mirrored images,';
  const why = isNeverAskedAgain
    ? 'Kyverno never asks a MutatingPolicy again'
    : "the policy wasn't asked again (rewrite.injected is BestEffort)";
  return {
    code: 'AddedLater',
    text:
      `a new Pod would be rewritten; a later webhook may have added this image${where} after this policy ran, and ${why}; ` +
      'or else the mirror or the Pod was different when this one was created',
  };
}
