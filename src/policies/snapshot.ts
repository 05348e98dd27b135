import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Homes, StayingEntry } from '../engines/group.js';
import { contentsInForce, inForce } from '../engines/in-force.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { readEntries, readSettings } from '../engines/render.js';
import type { PolicyEngine } from '../engines/settings.js';
import { contains } from '../kubernetes/contains.js';

/** A policy of ours as it is in the cluster. */
export interface LivePolicy {
  readonly kind: PolicyEngine;
  readonly object: KubernetesObject;
  /** The binding that puts it in force, where the kind has one. */
  readonly binding?: KubernetesObject;
}

/** A mirror's entry in a policy of the cluster. */
export type LiveEntry = StayingEntry;

/** What the cluster's policies come to, worked out once per change of the cluster and not once per mirror. */
export interface PolicySnapshot {
  /** What the cluster's policies have, by mirror; a mirror that is moving is in two. */
  readonly live: ReadonlyMap<string, readonly LiveEntry[]>;
  /** Rendered policies that are in the cluster exactly as they are, and whose webhooks show it where they have any; by kind and name. */
  readonly inForce: ReadonlySet<string>;
  /** Whether no webhook still sends Pods to an older content of any policy. */
  readonly isSettled: boolean;
}

export interface SnapshotInput {
  readonly rendered: readonly RenderedPolicy[];
  readonly live: readonly LivePolicy[];
  readonly webhooks: readonly V1MutatingWebhookConfiguration[];
  /** Whether this policy was refused: then nothing more comes of it. */
  readonly isRefused: (policyKey: string) => boolean;
  /** Hashes of contents that match nothing. */
  readonly harmless: ReadonlySet<string>;
}

/** Compares what is rendered with what is in the cluster. Pure. */
export function takeSnapshot({ rendered, live, webhooks, isRefused, harmless }: SnapshotInput): PolicySnapshot {
  const acting = rendered.filter((policy) => {
    const there = findLive(live, policy);
    return there !== undefined && isAsRendered(there, policy) && inForce(policy, webhooks);
  });
  const current = new Set(rendered.map(({ contentHash }) => contentHash));
  return {
    live: entriesByMirror(live),
    inForce: new Set(acting.map(keyOfPolicy)),
    isSettled:
      rendered.every((policy) => acting.includes(policy) || isRefused(keyOfPolicy(policy))) &&
      contentsInForce(webhooks).every((hash) => current.has(hash) || harmless.has(hash)),
  };
}

/** The policy that each mirror is in now. */
export function homesIn(live: PolicySnapshot['live']): Homes {
  return new Map(
    [...live].flatMap(([mirror, [entry]]) => (entry === undefined ? [] : [[mirror, entry.policy] as const])),
  );
}

/** What the cluster's policies have, by mirror. */
export function entriesByMirror(live: readonly LivePolicy[]): PolicySnapshot['live'] {
  const entries = live.flatMap(({ object }) => {
    const settings = readSettings(object);
    if (settings === undefined) return [];
    return (readEntries(object) ?? []).map((entry) => ({ entry, settings, policy: object.metadata.name }));
  });
  return Map.groupBy(entries, ({ entry }) => entry.mirror);
}

/** Kind and name: what tells one policy from another. */
export function keyOfPolicy({ kind, name }: Pick<RenderedPolicy, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

/** The policy of this kind and name in the cluster. */
export function findLive(
  live: readonly LivePolicy[],
  { kind, name }: Pick<RenderedPolicy, 'kind' | 'name'>,
): LivePolicy | undefined {
  return live.find((policy) => policy.kind === kind && policy.object.metadata.name === name);
}

/** Whether the cluster has the policy, and its binding, just as rendered. */
export function isAsRendered(live: LivePolicy, policy: RenderedPolicy): boolean {
  return (
    contains(live.object, policy.object) && (policy.binding === undefined || contains(live.binding, policy.binding))
  );
}
