import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { Resource } from '../kubernetes/objects.js';
import type { Selector } from './conditions/label-selector.js';
import { policyNameIn } from './metadata/names.js';

export const WEBHOOK_CONFIGURATIONS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
};

/** The match condition's name that carries the content's hash. */
export function contentCondition(contentHash: string): string {
  return `mirrored-image-${contentHash}`;
}

/** A content that a webhook sends Pods to Kyverno for. */
export interface WebhookContent {
  readonly contentHash: string;
  /** The policy's name, as far as the webhook's own name shows it. */
  readonly policy: string | undefined;
}

/** All contents that the webhooks send Pods to Kyverno for, of policies that are gone, too. */
export function webhookContents(configurations: readonly V1MutatingWebhookConfiguration[]): readonly WebhookContent[] {
  return configurations.flatMap(contentsOf);
}

/** What each version of a configuration says: Kyverno has one for all policies, which every look asks. */
const contentsOf = remembered(({ webhooks = [] }: V1MutatingWebhookConfiguration): readonly WebhookContent[] => {
  const prefix = contentCondition('');
  return webhooks.flatMap(({ name, matchConditions = [] }) =>
    matchConditions
      .filter((condition) => condition.name.startsWith(prefix))
      .map((condition) => ({ contentHash: condition.name.slice(prefix.length), policy: policyNameIn(name) })),
  );
});

/** Of a webhook configuration: whom the API server asks, and about what. */
export interface WebhookCalls {
  readonly webhooks?: readonly {
    readonly clientConfig: { readonly service?: { readonly namespace: string } };
    readonly namespaceSelector?: Selector;
    readonly matchConditions?: readonly { readonly name: string }[];
  }[];
}

/** Where Kyverno runs, and the namespaces whose Pods the API server asks it about: those that one of these selects. */
interface PolicyService {
  readonly namespace: string;
  readonly selectors: readonly Selector[];
}

/** Of the Services that the API server asks for our policies, by their namespace: sorted, each once. */
export function policyServices(configurations: readonly WebhookCalls[]): readonly PolicyService[] {
  const all = configurations.flatMap(servicesOf);
  return [...new Set(all.map(({ namespace }) => namespace))].sort().map((namespace) => ({
    namespace,
    selectors: all.filter((service) => service.namespace === namespace).flatMap(({ selectors }) => selectors),
  }));
}

const servicesOf = remembered(({ webhooks = [] }: WebhookCalls): readonly PolicyService[] => {
  const prefix = contentCondition('');
  const ours = webhooks.filter(({ matchConditions = [] }) =>
    matchConditions.some(({ name }) => name.startsWith(prefix)),
  );
  return ours.flatMap(({ clientConfig: { service }, namespaceSelector = {} }) =>
    service === undefined ? [] : [{ namespace: service.namespace, selectors: [namespaceSelector] }],
  );
});

/** Reads each object once: those of the cluster's copy never change. */
function remembered<T extends object, R>(read: (object: T) => R): (object: T) => R {
  const known = new WeakMap<T, { readonly value: R }>();
  return (object) => {
    const found = known.get(object) ?? { value: read(object) };
    known.set(object, found);
    return found.value;
  };
}
