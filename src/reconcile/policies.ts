import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { canonicalJson } from '../policy/digest.js';
import type { PlacedEntry } from '../policy/group.js';
import { contentsInForce, inForce } from '../policy/in-force.js';
import type { RenderedPolicy } from '../policy/policy.js';
import { readEntries, readSettings, renderPolicies } from '../policy/render.js';
import { policySettings } from '../policy/settings.js';
import type { PolicyEngine, PolicySettings } from '../policy/settings.js';
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

/** What the cluster's policies come to, worked out once per change of the cluster and not once per mirror. */
interface Snapshot {
  /** What the cluster's policies have, by mirror; a mirror that is moving is in two. */
  readonly live: ReadonlyMap<string, readonly LiveEntry[]>;
  /** Rendered policies that the API server acts on exactly as they are, by kind and name. */
  readonly inForce: ReadonlySet<string>;
  /** Whether no webhook still sends Pods to an older content of any policy. */
  readonly isSettled: boolean;
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
  #snapshot: Snapshot | undefined;
  #isMoving = false;
  /** What the API server or Kyverno said to a policy, by its name. */
  readonly #refused = new Map<string, Refusal>();

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  /** Takes a mirror's decision in; a sync is due where it changes anything. */
  decide(mirror: string, decision: ServingDecision): void {
    const before = this.#decisions.get(mirror) ?? { kind: 'keep' };
    this.#decisions.set(mirror, decision);
    if (canonicalJson(before) === canonicalJson(decision)) return;
    // What stays as it is stays in force, too.
    if (decision.kind !== 'keep' && !this.#isPlaced(mirror, decision)) this.#states.delete(mirror);
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

  /** Whether new Pods are sent through exactly this pull prefix for this mirror. */
  servesThrough(mirror: string, pullPrefix: string): boolean {
    return this.state(mirror).kind === 'inForce' && this.#placed.get(mirror)?.entry.pullPrefix === pullPrefix;
  }

  /** The Harbor project that Pods are sent to for this mirror, as far as it is in a policy. */
  servedProject(mirror: string): string | undefined {
    const entry = (this.#placed.get(mirror) ?? this.#look().live.get(mirror)?.[0])?.entry;
    return entry?.pullPrefix.slice(entry.pullPrefix.indexOf('/') + 1);
  }

  /** Whether the policy in the cluster has this host for this mirror. */
  serves(mirror: string, host: string): boolean {
    const entry = (this.#placed.get(mirror) ?? this.#look().live.get(mirror)?.[0])?.entry;
    return entry?.hosts.includes(host) ?? false;
  }

  /** Something that states depend on changed in the cluster: policies or webhooks. */
  observe(): void {
    this.#refreshAll();
    if (this.#isMoving) this.#options.onDue();
  }

  /**
   * Writes what differs. A mirror that moves to another policy stays in the old one until the new one is in force.
   *
   * @throws KubernetesError where a write failed for now; to be tried again
   */
  async sync(): Promise<void> {
    const { live } = this.#look();
    const placed = this.#place(live);
    this.#placed = new Map(placed.map((item) => [item.entry.mirror, item]));
    const target = this.#render(placed);
    const moving = this.#moving(live, target);
    this.#isMoving = moving.length > 0;
    this.#rendered = this.#isMoving ? this.#render([...placed, ...moving]) : target;
    const failures: unknown[] = [];
    for (const policy of this.#rendered) {
      await this.#apply(policy).catch((error: unknown) => failures.push(error));
    }
    // What is to go goes last, and not while its replacement is missing.
    if (failures.length === 0) await this.#deleteRest();
    this.#refreshAll();
    if (failures.length > 0) throw failures[0];
  }

  #isPlaced(mirror: string, decision: ServingDecision): boolean {
    const placed = this.#placed.get(mirror);
    if (decision.kind !== 'serve' || placed === undefined) return false;
    const { entry, settings } = decision;
    return canonicalJson({ entry, settings }) === canonicalJson({ entry: placed.entry, settings: placed.settings });
  }

  #render(placed: readonly PlacedEntry[]): readonly RenderedPolicy[] {
    return renderPolicies(placed, { excludedNamespaces: this.#options.excludedNamespaces });
  }

  /** Every mirror's entry as decided; as it was where nothing was decided. */
  #place(live: Snapshot['live']): readonly PlacedEntry[] {
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
  #moving(live: Snapshot['live'], target: readonly RenderedPolicy[]): readonly PlacedEntry[] {
    const homes = new Map(target.flatMap((policy) => policy.entries.map((entry) => [entry.mirror, policy] as const)));
    const { inForce: acting } = this.#look(target);
    return [...live.values()].flat().filter(({ entry, policy }) => {
      const home = homes.get(entry.mirror);
      return home !== undefined && home.name !== policy && !acting.has(key(home));
    });
  }

  async #apply(policy: RenderedPolicy): Promise<void> {
    const { cluster, onWrite } = this.#options;
    this.#refused.delete(key(policy));
    if (cluster.serves(policy.kind) === false) {
      this.#refused.set(key(policy), missingApi(policy.kind, cluster));
      return;
    }
    const live = this.#find(policy);
    if (live !== undefined && isAsRendered(live, policy)) return;
    try {
      await cluster.applyPolicy(policy);
      onWrite('ApplyPolicy', policy.kind, policy.name);
    } catch (error) {
      if (!isKubernetesError(error, 'invalid', 'forbidden', 'notFound')) throw error;
      const refusal =
        error.kind === 'notFound' ? missingApi(policy.kind, cluster) : refusedPolicy(policy, error.message);
      this.#refused.set(key(policy), refusal);
    }
  }

  async #deleteRest(): Promise<void> {
    const { cluster, onWrite } = this.#options;
    const names = new Set(this.#rendered.map(key));
    for (const { kind, object } of cluster.policies()) {
      const { name } = object.metadata;
      if (names.has(key({ kind, name }))) continue;
      await cluster.deletePolicy(kind, name);
      onWrite('DeletePolicy', kind, name);
    }
  }

  #find({ kind, name }: RenderedPolicy): LivePolicy | undefined {
    return this.#options.cluster.policies().find((live) => live.kind === kind && live.object.metadata.name === name);
  }

  #look(rendered: readonly RenderedPolicy[] = this.#rendered): Snapshot {
    if (rendered !== this.#rendered) return this.#takeSnapshot(rendered);
    this.#snapshot ??= this.#takeSnapshot(rendered);
    return this.#snapshot;
  }

  #takeSnapshot(rendered: readonly RenderedPolicy[]): Snapshot {
    const { cluster } = this.#options;
    const webhooks = cluster.webhooks();
    const entries = cluster.policies().flatMap(({ object }) => {
      const settings = readSettings(object);
      if (settings === undefined) return [];
      return (readEntries(object) ?? []).map((entry) => ({ entry, settings, policy: object.metadata.name }));
    });
    const acting = rendered.filter((policy) => {
      const live = this.#find(policy);
      return live !== undefined && isAsRendered(live, policy) && inForce(policy, webhooks);
    });
    const current = new Set(rendered.map(({ contentHash }) => contentHash));
    return {
      live: Map.groupBy(entries, ({ entry }) => entry.mirror),
      inForce: new Set(acting.map(key)),
      isSettled:
        rendered.every((policy) => acting.includes(policy) || this.#refused.has(key(policy))) &&
        contentsInForce(webhooks).every((hash) => current.has(hash)),
    };
  }

  #refreshAll(): void {
    this.#snapshot = undefined;
    for (const mirror of new Set([...this.#states.keys(), ...this.#decisions.keys()])) {
      const before = this.#states.get(mirror);
      const after = this.#refresh(mirror);
      if (before?.kind !== after.kind) this.#options.onStateChange(mirror);
    }
  }

  #refresh(mirror: string): PolicyState {
    const before = this.#states.get(mirror);
    const state = this.#compute(mirror, before?.kind === 'pending' ? before.since : this.#options.now());
    this.#states.set(mirror, state);
    return state;
  }

  #compute(mirror: string, since: number): PolicyState {
    const decision = this.#decisions.get(mirror)?.kind ?? 'keep';
    const { live, isSettled } = this.#look();
    const there = live.get(mirror) ?? [];
    const wanted = this.#wanted(mirror);
    const home = wanted === undefined ? undefined : this.#homeOf(mirror, wanted.settings);
    if (decision === 'out' || (decision === 'keep' && there.length === 0 && home === undefined)) {
      return there.length === 0 && isSettled ? { kind: 'absent' } : { kind: 'pending', since };
    }
    if (wanted === undefined || home === undefined) return { kind: 'pending', since };
    const refusal = this.#refused.get(key(home));
    if (refusal !== undefined) return refusal;
    const policy = { kind: home.kind, name: home.name };
    return this.#actsOn(home, wanted, there) ? { kind: 'inForce', policy } : { kind: 'pending', since, policy };
  }

  /** What the mirror is to have, whether it is written already or not. */
  #wanted(mirror: string): PlacedEntry | undefined {
    const decision = this.#decisions.get(mirror);
    if (decision?.kind === 'out') return undefined;
    return decision?.kind === 'serve' ? decision : this.#placed.get(mirror);
  }

  #homeOf(mirror: string, settings: PolicySettings): RenderedPolicy | undefined {
    return this.#rendered.find(
      (policy) =>
        policy.entries.some((entry) => entry.mirror === mirror) &&
        canonicalJson(policy.settings) === canonicalJson(settings),
    );
  }

  /** Whether the mirror's entry in this policy is what the API server acts on. */
  #actsOn(home: RenderedPolicy, wanted: PlacedEntry, there: readonly LiveEntry[]): boolean {
    const stored = there.find(({ policy }) => policy === home.name)?.entry;
    if (canonicalJson(stored ?? null) !== canonicalJson(wanted.entry)) return false;
    if (this.#look().inForce.has(key(home))) return true;
    // In force before, and only other mirrors' entries have changed since.
    const before = this.#states.get(wanted.entry.mirror);
    return before?.kind === 'inForce' && before.policy.name === home.name;
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

type Refusal = Extract<PolicyState, { kind: 'failed' }>;

function refusedPolicy({ kind, name, entries }: RenderedPolicy, answer: string): Refusal {
  const message = `The ${kind} ${name} (${entries.length} mirrors) is refused: ${answer}`;
  return { kind: 'failed', stalled: true, reason: REASONS.policyRefused, message };
}

function missingApi(kind: PolicyEngine, cluster: PolicyCluster): Refusal {
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
