import type { RegistryMirror } from '../../api/registry-mirror.js';
import { selects } from '../../engines/conditions/label-selector.js';
import { policyServices } from '../../engines/webhooks.js';
import type { WebhookCalls } from '../../engines/webhooks.js';
import { matchesGlob } from '../../image/glob.js';

/** The name of a Service in this cluster, as in `harbor-core.harbor.svc.cluster.local`. */
const SERVICE_HOST = /^[^.]+\.([^.]+)\.svc(?:\.|$)/;

interface Surroundings {
  readonly webhooks: readonly WebhookCalls[];
  /** Of the mirror's Harbor; undefined: none is known. */
  readonly harborUrl: string | undefined;
  readonly excludedNamespaces: readonly string[];
}

/**
 * In words: that Harbor, or Kyverno as the policies' webhooks have it, runs in a namespace whose Pods this mirror rewrites, so that it may wait for itself.
 * The operator doesn't read the namespaces' labels: a selector that asks for one is taken to leave them out. Pure.
 */
export function exposed({ spec }: RegistryMirror, surroundings: Surroundings): string | undefined {
  const { namespaceSelector, engine } = spec.rewrite;
  if (engine === 'None') return undefined;
  const isRewritten = (namespace: string): boolean =>
    !surroundings.excludedNamespaces.some((glob) => matchesGlob(glob, namespace)) &&
    selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace });
  const harbor = SERVICE_HOST.exec(hostOf(surroundings.harborUrl))?.[1];
  const parts = [
    ...(harbor === undefined ? [] : [{ part: 'Harbor', namespace: harbor }]),
    ...policyServices(surroundings.webhooks).map((namespace) => ({ part: 'Kyverno', namespace })),
  ].filter(({ namespace }) => isRewritten(namespace));
  if (parts.length === 0) return undefined;
  const where = parts.map(({ part, namespace }) => `${part} in ${namespace}`).join(', ');
  const names = [...new Set(parts.map(({ namespace }) => namespace))].join(', ');
  return (
    `Runs in a namespace whose Pods are rewritten: ${where}. After an outage it could wait for itself. ` +
    `Add ${names} to EXCLUDED_NAMESPACES, or leave it out by rewrite.namespaceSelector.`
  );
}

function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}
