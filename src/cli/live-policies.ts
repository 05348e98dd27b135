import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { BINDINGS, POLICY_RESOURCES, WEBHOOK_CONFIGURATIONS } from '../engines/resources.js';
import { contentCondition, contentsInForce } from '../engines/in-force.js';
import type { PolicyEngine } from '../engines/settings.js';
import { isOurs } from '../policies/live.js';
import type { LivePolicy } from '../policies/live.js';
import type { ClusterReader } from './cluster-reader.js';

/** The operator's policies in the cluster, and what shows whether they are in force. */
export interface PolicyLook {
  readonly policies: readonly LivePolicy[];
  /** Undefined: may not be read, so a policy that is there is taken to be in force. */
  readonly webhooks: readonly V1MutatingWebhookConfiguration[] | undefined;
}

/** @returns undefined where the user may not read policies */
export async function readPolicies(reader: ClusterReader): Promise<PolicyLook | undefined> {
  const policies = await reader.ifAllowed(
    'policies',
    async () => {
      const bindings = await reader.listIfServed<KubernetesObject>(BINDINGS, {});
      const kinds = Object.keys(POLICY_RESOURCES) as PolicyEngine[];
      const found = await Promise.all(
        kinds.map(async (kind) =>
          (await reader.listIfServed<KubernetesObject>(POLICY_RESOURCES[kind], {}))
            .filter(isOurs)
            .map((object) => withBinding(kind, object, bindings)),
        ),
      );
      return found.flat();
    },
    "what is in force is taken from the mirrors' status",
  );
  if (policies === undefined) return undefined;
  const webhooks = await reader.ifAllowed(
    'MutatingWebhookConfigurations',
    () => reader.list<V1MutatingWebhookConfiguration>(WEBHOOK_CONFIGURATIONS),
    'a policy that is there is taken to be in force',
  );
  return { policies, webhooks };
}

/** Lists leave an item's kind and apiVersion out, which a comparison with what is rendered needs. */
function withBinding(kind: PolicyEngine, object: KubernetesObject, bindings: readonly KubernetesObject[]): LivePolicy {
  const { group, version } = POLICY_RESOURCES[kind];
  const whole = { apiVersion: `${group}/${version}`, kind, ...object };
  const binding = bindings.find(({ metadata }) => metadata.name === object.metadata.name);
  if (kind !== 'MutatingAdmissionPolicy' || binding === undefined) return { kind, object: whole };
  const bindingKind = { apiVersion: `${BINDINGS.group}/${BINDINGS.version}`, kind: 'MutatingAdmissionPolicyBinding' };
  return { kind, object: whole, binding: { ...bindingKind, ...binding } };
}

/** Whether the API server acts on this very content of the policy. */
export function isActing({ kind, object, binding }: LivePolicy, webhooks: PolicyLook['webhooks']): boolean {
  if (kind === 'MutatingAdmissionPolicy') return binding !== undefined;
  if (webhooks === undefined) return true;
  const [, hash] = new RegExp(`"${contentCondition('')}([0-9a-f]+)"`).exec(JSON.stringify(object)) ?? [];
  return hash !== undefined && contentsInForce(webhooks).includes(hash);
}
