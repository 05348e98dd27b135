import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { ENGINES } from './engines.js';
import type { EnginePolicy } from './policy.js';
import type { PolicyEngine } from './settings.js';
import { contentCondition, webhookContents } from './webhooks.js';

/** Whether a policy that is stored just as rendered is in force, as far as the cluster's webhook configurations show it. */
export function inForce(
  { kind, contentHash }: Pick<EnginePolicy, 'kind' | 'contentHash'>,
  configurations: readonly V1MutatingWebhookConfiguration[],
): boolean {
  const shown = new Set(webhookContents(configurations).map((content) => content.contentHash));
  return ENGINES[kind].isEffective({ contentHash, hasBinding: true }, shown);
}

/** The hash of the content that a policy in the cluster says of itself. */
export function contentHashIn(kind: PolicyEngine, policy: KubernetesObject): string | undefined {
  const conditions = ENGINES[kind].matchConditions(policy);
  if (!Array.isArray(conditions)) return undefined;
  const names = conditions.map((condition) => (condition as { readonly name?: unknown } | null)?.name);
  const prefix = contentCondition('');
  return names
    .find((text): text is string => typeof text === 'string' && text.startsWith(prefix))
    ?.slice(prefix.length);
}
