import { isNotedByPolicy, originalImages } from '../engines/metadata/original-images.js';
import type { Rewriter } from '../image/rewrite.js';
import type { PodContainer, RewrittenPod } from './pod.js';

/** What the kubelet says of a container whose image it could not pull, and tries again after a pause. */
const CANT_PULL = 'ImagePullBackOff';

/** A container that can't get its image from the cache. */
export interface StuckContainer {
  readonly place: 'containers' | 'initContainers';
  readonly index: number;
  readonly name: string;
  readonly mirror: string;
  /** In the cache. */
  readonly image: string;
  readonly original: string;
}

/**
 * The containers of a Pod that can't get the image which the rewrite made of their original one. Whoever makes a Pod may write the annotation with the
 * originals, too: it counts only where the mirror makes of it exactly what the container has. So an image is never exchanged for another one. An
 * annotation in any other form than a policy's is left alone, since the admission policy of `features.fallback` compares its text. Pure.
 *
 * @param rewrite - what the mirrors with `fallback: Upstream` make of an image
 */
export function stuckContainers(pod: RewrittenPod, rewrite: Rewriter): readonly StuckContainer[] {
  if (pod.metadata.deletionTimestamp !== undefined || !isNotedByPolicy(pod.metadata)) return [];
  const { containerStatuses, initContainerStatuses } = pod.status ?? {};
  const statuses = [...(containerStatuses ?? []), ...(initContainerStatuses ?? [])];
  const waiting = new Set(statuses.filter(({ state }) => state?.waiting?.reason === CANT_PULL).map(({ name }) => name));
  if (waiting.size === 0) return [];
  const originals = originalImages(pod.metadata);
  const of = (place: StuckContainer['place'], containers: readonly PodContainer[] = []): readonly StuckContainer[] =>
    containers.flatMap(({ name, image }, index) => {
      const original = originals[name];
      if (!waiting.has(name) || original === undefined || original === image) return [];
      const result = rewrite(original);
      if (result.outcome !== 'rewritten' || result.image !== image) return [];
      return [{ place, index, name, mirror: result.mirror, image, original }];
    });
  return [...of('initContainers', pod.spec.initContainers), ...of('containers', pod.spec.containers)];
}

/** What is written to the Pod, if its containers are still what they were: their images, and nothing else. Pure. */
export function fallbackPatch({ metadata }: RewrittenPod, stuck: readonly StuckContainer[]): readonly object[] {
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    ...stuck.flatMap(({ place, index, name, image, original }) => {
      const path = `/spec/${place}/${index}`;
      return [
        { op: 'test', path: `${path}/name`, value: name },
        { op: 'test', path: `${path}/image`, value: image },
        { op: 'replace', path: `${path}/image`, value: original },
      ];
    }),
  ];
}
