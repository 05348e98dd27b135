import type { PlacedEntry } from '../../engines/placement/group.js';
import { rewriterOf } from '../../engines/placement/rewriter-of.js';
import type { Labels } from '../../api/object-meta.js';
import { podImages } from '../explain/pod.js';
import type { Pod, PodImage } from '../explain/pod.js';
import { podReason } from '../explain/pod-rules.js';

/** An image of a Pod in the cluster that would have been rewritten. */
export interface PodRewrite extends PodImage {
  readonly namespace: string;
  readonly pod: string;
  readonly rewritten: string;
  readonly mirror: string;
}

/** The images of these Pods that policies with these entries would have rewritten, had they been in force at the time. Pure. */
export function podRewrites(
  pods: readonly Pod[],
  namespaces: ReadonlyMap<string, Labels>,
  placed: readonly PlacedEntry[],
  excludedNamespaces: readonly string[],
): readonly PodRewrite[] {
  const rewrite = rewriterOf(placed);
  const settings = new Map(placed.map((item) => [item.entry.mirror, item.settings]));
  return pods.filter(isAlive).flatMap((pod) => {
    const namespace = pod.metadata.namespace ?? '';
    const names = (pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => name);
    const namespaceLabels = namespaces.get(namespace) ?? {};
    const context = { pod, namespace, namespaceLabels, pullSecrets: { names } };
    return podImages(pod).flatMap((image): readonly PodRewrite[] => {
      const result = rewrite(image.image);
      const own = result.outcome === 'rewritten' ? settings.get(result.mirror) : undefined;
      if (result.outcome !== 'rewritten' || own === undefined) return [];
      if (image.pullPolicy === 'Never') return [];
      if (podReason(context, own, excludedNamespaces) !== undefined) return [];
      return [{ namespace, pod: pod.metadata.name, ...image, rewritten: result.image, mirror: result.mirror }];
    });
  });
}

function isAlive({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
