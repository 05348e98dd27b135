import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import type { Engine } from '../../engines/engine.js';
import type { Served } from '../../engines/auto.js';
import type { PolicyEngine } from '../../engines/settings.js';
import { byEngine, ENGINES } from '../../engines/engines.js';
import { contentHashIn } from '../../engines/in-force.js';
import { webhookContents, WEBHOOK_CONFIGURATIONS } from '../../engines/webhooks.js';
import { isOurs } from '../../engines/metadata/names.js';
import type { LivePolicy } from '../../policies/observe/live.js';
import type { ClusterReader } from './cluster-reader.js';

/** The operator's policies in the cluster, and what shows whether they are in force. */
export interface PolicyLook {
  readonly policies: readonly LivePolicy[];
  /** Undefined: may not be read, so a policy that is there is taken to be in force. */
  readonly webhooks: readonly V1MutatingWebhookConfiguration[] | undefined;
  /** Which engines the cluster has. */
  readonly served: Readonly<Record<PolicyEngine, Served>>;
}

/** @returns undefined where the user may not read policies */
export async function readPolicies(reader: ClusterReader): Promise<PolicyLook | undefined> {
  const policies = await reader.ifAllowed(
    'policies',
    async () => {
      const engines = Object.values(ENGINES);
      const found = await Promise.all(engines.map((engine) => policiesOf(engine, reader)));
      return new Map(engines.map(({ kind }, index) => [kind, found[index]]));
    },
    "what is in force is taken from the mirrors' status",
  );
  if (policies === undefined) return undefined;
  const webhooks = await reader.ifAllowed(
    'MutatingWebhookConfigurations',
    () => reader.list<V1MutatingWebhookConfiguration>(WEBHOOK_CONFIGURATIONS),
    'a policy that is there is taken to be in force',
  );
  return {
    policies: [...policies.values()].flatMap((found) => found ?? []),
    webhooks,
    served: byEngine((kind) => (policies.get(kind) === undefined ? 'missing' : 'served')),
  };
}

/** @returns undefined where the cluster has no such kind */
async function policiesOf(engine: Engine, reader: ClusterReader): Promise<readonly LivePolicy[] | undefined> {
  const { kind, resource, binding } = engine;
  const found = await reader.listOfKind<KubernetesObject>(resource);
  if (found === undefined) return undefined;
  const objects = found.filter(isOurs);
  if (binding === undefined) return objects.map((object) => ({ kind, object }));
  const bindings = (await reader.listIfServed<KubernetesObject>(binding.resource)).filter(isOurs);
  return objects.map((object) => {
    const own = bindings.find(({ metadata }) => metadata.name === object.metadata.name);
    return { kind, object, ...(own === undefined ? {} : { binding: own }) };
  });
}

/** Whether the API server acts on this very content of the policy. */
export function isActing({ kind, object, binding }: LivePolicy, webhooks: PolicyLook['webhooks']): boolean {
  const stored = { contentHash: contentHashIn(kind, object), hasBinding: binding !== undefined };
  // A webhook that can't be read is taken to be there.
  const shown =
    webhooks === undefined ? [stored.contentHash] : webhookContents(webhooks).map((seen) => seen.contentHash);
  return ENGINES[kind].isEffective(stored, new Set(shown.filter((hash) => hash !== undefined)));
}
