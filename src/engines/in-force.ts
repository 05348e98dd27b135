import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import type { KubernetesObject } from '../kubernetes/objects.js';
import type { RenderedPolicy } from './policy.js';
import type { PolicyEngine } from './settings.js';
import { POLICY_NAME_PREFIX } from './settings.js';

/**
 * How long after a write (or a deletion) its effect may take without any sign, in milliseconds. The API server looks at its own
 * policies once a second: on 1.36 a change was seen to take 0.4 to 1.02 s.
 */
export const SETTLE_MS: Readonly<Record<PolicyEngine, number>> = {
  ClusterPolicy: 0,
  MutatingPolicy: 0,
  MutatingAdmissionPolicy: 3_000,
};

/**
 * How long a policy that matches nothing any more stays before it is deleted, in milliseconds. Several API servers learn of a webhook's
 * change one after the other, and Kyverno refuses the Pods that are still sent to it for a policy that it can't find. Nobody asks
 * for a policy of the API server's own.
 */
export const RETIRE_MS: Readonly<Record<PolicyEngine, number>> = {
  ClusterPolicy: 1_000,
  MutatingPolicy: 1_000,
  MutatingAdmissionPolicy: 0,
};

/**
 * How long a mirror that moved to another policy stays in the old one once the new one is seen to be in force, in milliseconds. Kyverno registers the
 * webhook and compiles the policy side by side, and each of its replicas compiles for itself: an image that the new policy is too late
 * for, the old one still rewrites.
 */
export const LINGER_MS: Readonly<Record<PolicyEngine, number>> = RETIRE_MS;

/**
 * How long Kyverno is given, in milliseconds, to register a webhook for what was written, before its silence says that it isn't there (uninstalled, say).
 * It was seen to take 2 s.
 */
export const SILENCE_MS = 10_000;

/**
 * Whether the cluster's webhook configurations show that exactly this content is in force. Kyverno says Ready some seconds
 * before its webhook is registered; the content's hash in the webhook's match condition can't be there too early. The API
 * server needs no webhook for its own MutatingAdmissionPolicy: that is in force {@link SETTLE_MS} after it was stored.
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

/** The hash of the content that a policy in the cluster says of itself. */
export function contentHashIn(policy: KubernetesObject): string | undefined {
  const { spec } = policy as { readonly spec?: PolicySpec };
  const conditions = spec?.webhookConfiguration?.matchConditions ?? spec?.matchConditions;
  if (!Array.isArray(conditions)) return undefined;
  const names = conditions.map((condition) => (condition as { readonly name?: unknown } | null)?.name);
  const name = names.find((text): text is string => typeof text === 'string' && text.startsWith(contentCondition('')));
  return name?.slice(contentCondition('').length);
}

/** Where the kinds of policies keep their match conditions. Whoever may edit a policy may write anything there. */
interface PolicySpec {
  readonly matchConditions?: unknown;
  readonly webhookConfiguration?: { readonly matchConditions?: unknown };
}

/** A content that a webhook sends Pods to Kyverno for. */
export interface WebhookContent {
  readonly contentHash: string;
  /** The policy's name, as far as the webhook's own name shows it. */
  readonly policy: string | undefined;
}

/** All contents that the webhooks send Pods to Kyverno for, of policies that are gone, too. */
export function webhookContents(configurations: readonly V1MutatingWebhookConfiguration[]): readonly WebhookContent[] {
  const prefix = contentCondition('');
  return configurations
    .flatMap((configuration) => configuration.webhooks ?? [])
    .flatMap(({ name, matchConditions = [] }) =>
      matchConditions
        .filter((condition) => condition.name.startsWith(prefix))
        .map((condition) => ({
          contentHash: condition.name.slice(prefix.length),
          policy: POLICY_NAME.exec(name)?.[0],
        })),
    );
}

const POLICY_NAME = new RegExp(`${POLICY_NAME_PREFIX}[0-9a-f]{10}(?:-[0-9]+)?`);

/** The hashes of all contents that the webhooks send Pods to Kyverno for, of policies that are gone, too. */
export function contentsInForce(configurations: readonly V1MutatingWebhookConfiguration[]): readonly string[] {
  const prefix = contentCondition('');
  return configurations
    .flatMap((configuration) => configuration.webhooks ?? [])
    .filter((webhook) => webhook.name.includes(POLICY_NAME_PREFIX))
    .flatMap((webhook) => webhook.matchConditions ?? [])
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
}
