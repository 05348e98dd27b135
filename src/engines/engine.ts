import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import type { PolicyGroup } from './placement/group.js';
import type { HostRule } from './placement/precedence.js';
import type { EnginePolicy } from './policy.js';
import type { PolicyEngine } from './settings.js';

/** All that the rest of the operator needs to know of an engine: the table of them is in engines.ts. */
export interface Engine {
  /** The kind of its policies. */
  readonly kind: PolicyEngine;
  /** Where the API server keeps its policies. */
  readonly resource: Resource;
  /** The kind of object that puts each of its policies in force, with the policy's own name; undefined where none is needed. */
  readonly binding?: Binding;
  /** What a cluster gets its API from, in words. */
  readonly requires: string;
  /** Whether Kyverno does the rewrite, which the API server calls by a webhook. */
  readonly isKyverno: boolean;
  readonly delays: Delays;
  render(input: PolicyInput): EnginePolicy;
  /**
   * Whether new Pods are rewritten by just what this policy has.
   *
   * @param shown - hashes of the contents that Kyverno's webhooks are registered for
   */
  isEffective(policy: StoredPolicy, shown: ReadonlySet<string>): boolean;
  /** Where a policy in the cluster keeps its match conditions. Whoever may edit a policy may write anything there. */
  matchConditions(policy: KubernetesObject): unknown;
}

/** What an engine makes its policy of. */
export interface PolicyInput extends PolicyGroup {
  readonly rules: readonly HostRule[];
  readonly excludedNamespaces: readonly string[];
}

/** A policy in the cluster, as far as it shows whether it is in force. */
interface StoredPolicy {
  /** Undefined where someone's edit made it unreadable. */
  readonly contentHash: string | undefined;
  readonly hasBinding: boolean;
}

interface Binding {
  readonly kind: string;
  readonly resource: Resource;
}

/** How long what is written to an engine's policies takes, in milliseconds. */
interface Delays {
  /** How long a write, or a deletion, may take to come into force where nothing will show that it has. */
  readonly settleMs: number;
  /** How long an earlier write may still come into force, as long as nothing shows that it has, or that it can't any more. */
  readonly silenceMs: number;
  /** How long Pods may still be treated by what a write has replaced, although nothing shows that any more. What would harm these Pods waits for so long. */
  readonly spreadMs: number;
  /** How long a policy that matches nothing any more stays before it is deleted. */
  readonly retireMs: number;
  /** How long a mirror that moved to another policy stays in the old one once the new one is seen to be in force. */
  readonly lingerMs: number;
}
