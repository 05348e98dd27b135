import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import type { RenderedPolicy } from './policy.js';

/**
 * Whether the cluster's webhook configurations show that exactly this content is in force. Kyverno says Ready some seconds
 * before its webhook is registered; the content's hash in the webhook's match condition can't be there too early. The API
 * server needs no webhook for its own MutatingAdmissionPolicy: that is in force once stored.
 */
export function inForce(
  { kind, contentHash }: RenderedPolicy,
  configurations: readonly V1MutatingWebhookConfiguration[],
): boolean {
  if (kind === 'MutatingAdmissionPolicy') return true;
  const name = contentCondition(contentHash);
  return configurations.some((configuration) =>
    (configuration.webhooks ?? []).some((webhook) =>
      (webhook.matchConditions ?? []).some((condition) => condition.name === name),
    ),
  );
}

/** The match condition's name that carries the content's hash. */
export function contentCondition(contentHash: string): string {
  return `mirrored-image-${contentHash}`;
}
