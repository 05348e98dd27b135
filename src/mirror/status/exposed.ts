import type { RegistryMirror } from '../../api/registry-mirror.js';
import { selects } from '../../engines/conditions/label-selector.js';
import type { Labels } from '../../api/object-meta.js';
import { namespaceSelector } from '../../engines/conditions/selectors.js';
import { policyServices } from '../../engines/webhooks.js';
import type { WebhookCalls } from '../../engines/webhooks.js';
import { matchesGlob } from '../../image/glob.js';

/** The name of a Service in this cluster, as in `harbor-core.harbor.svc.cluster.local`. */
const SERVICE_HOST = /^[^.]+\.([^.]+)\.svc(?:\.|$)/;

/** What the rewrite needs, where it runs, and whether it may wait for itself there, by the namespace's labels. */
interface Part {
  readonly part: 'Harbor' | 'Kyverno';
  readonly namespace: string;
  readonly isExposed: (labels: Labels) => boolean;
}

interface Surroundings {
  /** Of the mirror's Harbor; undefined: none is known. */
  readonly harborUrl: string | undefined;
  readonly excludedNamespaces: readonly string[];
  readonly cluster: {
    webhooks(): readonly WebhookCalls[];
    /** Asked only about namespaces in which Harbor or Kyverno runs and that aren't excluded; undefined: there is no such namespace. */
    labelsOf(namespace: string): Promise<Labels | undefined>;
  };
}

/** In words: that Harbor, or Kyverno as the policies' webhooks have it, runs in a namespace whose Pods this mirror rewrites, so that it may wait for itself. */
export async function exposed(mirror: RegistryMirror, surroundings: Surroundings): Promise<string | undefined> {
  if (mirror.spec.rewrite.engine === 'None') return undefined;
  const parts: Part[] = [];
  for (const part of partsOf(mirror, surroundings)) {
    const labels = await surroundings.cluster.labelsOf(part.namespace);
    if (labels !== undefined && part.isExposed(labels)) parts.push(part);
  }
  if (parts.length === 0) return undefined;
  const where = parts.map(({ part, namespace }) => `${part} in ${namespace}`).join(', ');
  const names = [...new Set(parts.map(({ namespace }) => namespace))].join(', ');
  return (
    `Runs in a namespace whose Pods are rewritten: ${where}. After an outage it could wait for itself. ` +
    `Add ${names} to EXCLUDED_NAMESPACES.`
  );
}

function partsOf({ spec, status }: RegistryMirror, surroundings: Surroundings): readonly Part[] {
  const { cluster, harborUrl, excludedNamespaces } = surroundings;
  const { rewrite } = spec;
  const selector = namespaceSelector(rewrite.namespaceSelector);
  const isRewritten = (labels: Labels): boolean => selects(selector, labels);
  // Kyverno leaves out what a ClusterPolicy's rules don't select, and has to be there for that.
  const waitsForKyverno =
    (status.policy?.kind ?? rewrite.engine) === 'ClusterPolicy' && rewrite.failurePolicy === 'Fail';
  const harbor = SERVICE_HOST.exec(hostOf(harborUrl))?.[1];
  const parts: readonly Part[] = [
    ...(harbor === undefined ? [] : [{ part: 'Harbor', namespace: harbor, isExposed: isRewritten } as const]),
    ...policyServices(cluster.webhooks()).map(({ namespace, selectors }): Part => ({
      part: 'Kyverno',
      namespace,
      isExposed: (labels) =>
        selectors.some((each) => selects(each, labels)) && (waitsForKyverno || isRewritten(labels)),
    })),
  ];
  return parts.filter(({ namespace }) => !excludedNamespaces.some((glob) => matchesGlob(glob, namespace)));
}

function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}
