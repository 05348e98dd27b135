import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { canonicalJson } from '../policy/digest.js';
import type { PlacedEntry } from '../policy/group.js';
import { inForce } from '../policy/in-force.js';
import type { RenderedPolicy } from '../policy/policy.js';
import { readEntries, readSettings, renderPolicies } from '../policy/render.js';
import { policySettings } from '../policy/settings.js';
import type { PolicyEngine } from '../policy/settings.js';
import { contains } from './contains.js';
import type { PolicyState, ServingDecision } from './policy-state.js';

/** A policy of ours as it is in the cluster. */
export interface LivePolicy {
  readonly kind: PolicyEngine;
  readonly object: KubernetesObject;
  /** The binding that puts it in force, where the kind has one. */
  readonly binding?: KubernetesObject;
}

/** What the policies need of the cluster. */
export interface PolicyCluster {
  mirrors(): readonly RegistryMirror[];
  policies(): readonly LivePolicy[];
  /** Whether the API server serves this kind; undefined while that isn't known. */
  serves(kind: PolicyEngine): boolean | undefined;
  webhooks(): readonly V1MutatingWebhookConfiguration[];
  applyPolicy(policy: RenderedPolicy): Promise<void>;
  deletePolicy(kind: PolicyEngine, name: string): Promise<void>;
}

export interface PoliciesOptions {
  readonly cluster: PolicyCluster;
  readonly excludedNamespaces: readonly string[];
  /** ms since 1970. */
  readonly now: () => number;
  /** A sync is due. */
  readonly onDue: () => void;
  /** The state of this mirror changed. */
  readonly onStateChange: (mirror: string) => void;
  readonly onWrite: (action: 'ApplyPolicy' | 'DeletePolicy', kind: PolicyEngine, name: string) => void;
}

interface LiveEntry extends PlacedEntry {
  readonly policy: string;
}

/**
 * All policies, as one: which mirror is in which, and since when that is in force. A mirror's decision only marks the policies as due; one
 * sync then writes what all decisions since the last one come to.
 */
export class Policies {
  readonly #options: PoliciesOptions;
  readonly #decisions = new Map<string, ServingDecision>();
  readonly #states = new Map<string, PolicyState>();
  /** The last placed entry of each mirror that is to stay as it is. */
  #placed = new Map<string, PlacedEntry>();
  #rendered: readonly RenderedPolicy[] = [];
  /** What the API server or Kyverno said to a policy, by its name. */
  readonly #refused = new Map<string, Extract<PolicyState, { kind: 'failed' }>>();

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  /** Takes a mirror's decision in; a sync is due where it changes anything. */
  decide(mirror: string, decision: ServingDecision): void {
    const before = this.#decisions.get(mirror);
    this.#decisions.set(mirror, decision);
    if (canonicalJson(before ?? { kind: 'keep' }) === canonicalJson(decision)) return;
    this.#states.delete(mirror);
    this.#refresh(mirror);
    this.#options.onDue();
  }

  /** The mirror's object is gone. */
  forget(mirror: string): void {
    this.#decisions.delete(mirror);
    this.#states.delete(mirror);
    if (this.#placed.delete(mirror)) this.#options.onDue();
  }

  state(mirror: string): PolicyState {
    return this.#states.get(mirror) ?? this.#refresh(mirror);
  }

  /** Whether the policy in the cluster has this host for this mirror. */
  serves(mirror: string, host: string): boolean {
    return (
      this.#placed.get(mirror)?.entry.hosts.includes(host) ??
      this.#live().get(mirror)?.[0]?.entry.hosts.includes(host) ??
      false
    );
  }

  /** Something that states depend on changed in the cluster: policies or webhooks. */
  observe(): void {
    for (const mirror of new Set([...this.#states.keys(), ...this.#decisions.keys()])) {
      const before = this.#states.get(mirror);
      const after = this.#refresh(mirror);
      if (before?.kind !== after.kind) this.#options.onStateChange(mirror);
    }
  }

  /**
   * Writes what differs. A mirror that moves to another policy stays in the old one until the new one is in force.
   *
   * @throws KubernetesError where a write failed for now; to be tried again
   */
  async sync(): Promise<void> {
    const { cluster } = this.#options;
    const live = this.#live();
    const placed = this.#place(live);
    this.#placed = new Map(placed.map((item) => [item.entry.mirror, item]));
    const target = this.#render(placed);
    const moving = this.#moving(live, target);
    this.#rendered = moving.length === 0 ? target : this.#render([...placed, ...moving]);
    const errors: unknown[] = [];
    for (const policy of this.#rendered)
      await this.#apply(policy, placed).catch((error: unknown) => errors.push(error));
    if (errors.length === 0) {
      const names = new Set(this.#rendered.map(key));
      for (const { kind, object } of cluster.policies()) {
        const { name } = object.metadata;
        if (names.has(`${kind}/${name}`)) continue;
        await cluster.deletePolicy(kind, name);
        this.#options.onWrite('DeletePolicy', kind, name);
      }
    }
    this.observe();
    if (errors.length > 0) throw errors[0];
  }

  /** Whether another sync is needed once what is written now is in force. */
  get isMoving(): boolean {
    const target = this.#render([...this.#placed.values()]);
    return this.#moving(this.#live(), target).length > 0;
  }

  #render(placed: readonly PlacedEntry[]): readonly RenderedPolicy[] {
    return renderPolicies(placed, { excludedNamespaces: this.#options.excludedNamespaces });
  }

  /** Every mirror's entry as decided; as it was where nothing was decided. */
  #place(live: ReadonlyMap<string, readonly LiveEntry[]>): readonly PlacedEntry[] {
    return this.#options.cluster.mirrors().flatMap((mirror) => {
      const { name } = mirror.metadata;
      const decision = this.#decisions.get(name) ?? { kind: 'keep' };
      if (decision.kind === 'out') return [];
      if (decision.kind === 'serve') return [{ entry: decision.entry, settings: decision.settings }];
      const settings = policySettings(mirror.spec);
      const before = this.#placed.get(name) ?? live.get(name)?.[0];
      return before === undefined || settings === undefined ? [] : [{ entry: before.entry, settings }];
    });
  }

  /** Entries in the cluster whose mirror is to be in another policy that isn't in force yet. */
  #moving(live: ReadonlyMap<string, readonly LiveEntry[]>, target: readonly RenderedPolicy[]): readonly PlacedEntry[] {
    const homes = new Map(target.flatMap((policy) => policy.entries.map((entry) => [entry.mirror, policy] as const)));
    return [...live.values()].flat().filter(({ entry, policy }) => {
      const home = homes.get(entry.mirror);
      return home !== undefined && home.name !== policy && !this.#isInForce(home, entry.mirror);
    });
  }

  async #apply(policy: RenderedPolicy, placed: readonly PlacedEntry[]): Promise<void> {
    const { cluster } = this.#options;
    if (cluster.serves(policy.kind) === false) {
      this.#refused.set(key(policy), missingApi(policy.kind, cluster));
      return;
    }
    const live = this.#find(policy);
    if (live !== undefined && isAsRendered(live, policy)) {
      this.#refused.delete(key(policy));
      return;
    }
    try {
      await cluster.applyPolicy(policy);
      this.#refused.delete(key(policy));
      this.#options.onWrite('ApplyPolicy', policy.kind, policy.name);
    } catch (error) {
      if (!isKubernetesError(error, 'invalid', 'forbidden', 'notFound')) throw error;
      const mirrors = placed.length;
      const message = `The ${policy.kind} ${policy.name} (${mirrors} mirrors) is refused: ${error.message}`;
      this.#refused.set(
        key(policy),
        error.kind === 'notFound'
          ? missingApi(policy.kind, cluster)
          : { kind: 'failed', stalled: true, reason: REASONS.policyRefused, message },
      );
    }
  }

  #find({ kind, name }: RenderedPolicy): LivePolicy | undefined {
    return this.#options.cluster.policies().find((live) => live.kind === kind && live.object.metadata.name === name);
  }

  /** What the cluster's policies have, by mirror; a mirror that is moving is in two. */
  #live(): ReadonlyMap<string, readonly LiveEntry[]> {
    const entries = this.#options.cluster.policies().flatMap(({ object }) => {
      const settings = readSettings(object);
      if (settings === undefined) return [];
      return (readEntries(object) ?? []).map((entry) => ({ entry, settings, policy: object.metadata.name }));
    });
    return Map.groupBy(entries, ({ entry }) => entry.mirror);
  }

  /** Whether the mirror's entry in this policy is what the API server acts on. */
  #isInForce(policy: RenderedPolicy, mirror: string): boolean {
    const live = this.#find(policy);
    if (live === undefined) return false;
    const wanted = policy.entries.find((entry) => entry.mirror === mirror);
    const stored = readEntries(live.object)?.find((entry) => entry.mirror === mirror);
    if (wanted === undefined || canonicalJson(stored ?? null) !== canonicalJson(wanted)) return false;
    const state = this.#states.get(mirror);
    // In force already, and only other mirrors' entries have changed since.
    if (state?.kind === 'inForce' && state.policy.name === policy.name) return true;
    return isAsRendered(live, policy) && inForce(policy, this.#options.cluster.webhooks());
  }

  #refresh(mirror: string): PolicyState {
    const before = this.#states.get(mirror);
    const state = this.#compute(mirror, before?.kind === 'pending' ? before.since : this.#options.now());
    this.#states.set(mirror, state);
    return state;
  }

  #compute(mirror: string, since: number): PolicyState {
    const decision = this.#decisions.get(mirror)?.kind ?? 'keep';
    const live = this.#live().get(mirror) ?? [];
    const home = this.#rendered.find((policy) => policy.entries.some((entry) => entry.mirror === mirror));
    if (decision === 'out' || (decision === 'keep' && live.length === 0 && home === undefined)) {
      return live.length === 0 && this.#isSettled() ? { kind: 'absent' } : { kind: 'pending', since };
    }
    if (home === undefined) return { kind: 'pending', since };
    const failed = this.#refused.get(key(home));
    if (failed !== undefined) return failed;
    const policy = { kind: home.kind, name: home.name };
    return this.#isInForce(home, mirror) ? { kind: 'inForce', policy } : { kind: 'pending', since, policy };
  }

  /** Whether the API server acts on exactly what is rendered: no webhook still sends Pods to an older content. */
  #isSettled(): boolean {
    const webhooks = this.#options.cluster.webhooks();
    return this.#rendered.every((policy) => {
      const live = this.#find(policy);
      return (
        this.#refused.has(key(policy)) ||
        (live !== undefined && isAsRendered(live, policy) && inForce(policy, webhooks))
      );
    });
  }
}

function key({ kind, name }: Pick<RenderedPolicy, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

function isAsRendered(live: LivePolicy, policy: RenderedPolicy): boolean {
  return (
    contains(live.object, policy.object) && (policy.binding === undefined || contains(live.binding, policy.binding))
  );
}

function missingApi(kind: PolicyEngine, cluster: PolicyCluster): Extract<PolicyState, { kind: 'failed' }> {
  const engines: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
  const served = engines.filter((engine) => cluster.serves(engine) === true);
  const alternatives = served.length === 0 ? 'None' : [...served, 'None'].join(', ');
  const needs = kind === 'MutatingAdmissionPolicy' ? 'Kubernetes 1.36 or later' : 'Kyverno';
  return {
    kind: 'failed',
    stalled: true,
    reason: REASONS.engineUnavailable,
    message: `This cluster has no ${kind} API (it comes with ${needs}). Set spec.rewrite.engine to one of: ${alternatives}.`,
  };
}
