import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { canonicalJson } from '../engines/digest.js';
import type { Homes, PlacedEntry, StayingEntry } from '../engines/group.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { renderPolicies } from '../engines/render.js';
import type { PolicySettings } from '../engines/settings.js';
import { literalPrefixes } from '../mirror/conflicts.js';
import type { Claim } from '../mirror/conflicts.js';
import { Moves } from './moves.js';
import { Placement } from './placement.js';
import { homesIn, keyOfPolicy, takeSnapshot } from './snapshot.js';
import type { LiveEntry, PolicySnapshot } from './snapshot.js';
import type { PolicyState, ServingDecision } from './state.js';
import { PolicyWriter } from './writer.js';
import type { PolicyWriterOptions, WritablePolicies } from './writer.js';
import { Settling } from './settling.js';

/** What the policies need of the cluster. */
export interface PolicyCluster extends WritablePolicies {
  mirrors(): readonly RegistryMirror[];
  webhooks(): readonly V1MutatingWebhookConfiguration[];
}

export interface PoliciesOptions {
  readonly cluster: PolicyCluster;
  readonly excludedNamespaces: readonly string[];
  /** ms since 1970. */
  readonly now: () => number;
  /** Calls `then` after this many ms. */
  readonly later: (ms: number, then: () => void) => void;
  /** A sync is due. */
  readonly onDue: () => void;
  /** The state of this mirror changed. */
  readonly onStateChange: (mirror: string) => void;
  readonly onWrite: PolicyWriterOptions['onWrite'];
}

const REFUSED_RETRY_MS = 60_000;

/**
 * All policies, as one: which mirror is in which, and since when that is in force. A mirror's decision only marks the policies as due; one
 * sync then writes what all decisions since the last one come to.
 */
export class Policies {
  readonly #options: PoliciesOptions;
  readonly #placement = new Placement();
  readonly #states = new Map<string, PolicyState>();
  #rendered: readonly RenderedPolicy[] = [];
  #snapshot: PolicySnapshot | undefined;
  #isMoving = false;
  /** The policy that each mirror was placed in last. */
  #placed: Homes = new Map();
  readonly #settling: Settling;
  readonly #moves: Moves;
  readonly #writer: PolicyWriter;

  constructor(options: PoliciesOptions) {
    this.#options = options;
    const { cluster, now, later, onDue, onWrite } = options;
    this.#settling = new Settling(now);
    this.#writer = new PolicyWriter({
      cluster,
      settling: this.#settling,
      now,
      onRetired: (ms) => {
        later(ms, onDue);
      },
      onSettled: (ms) => {
        if (ms > 0)
          later(ms, () => {
            this.observe();
          });
      },
      onWrite,
    });
    this.#moves = new Moves({
      settling: this.#settling,
      now,
      onLingered: (ms) => {
        later(ms, onDue);
      },
    });
  }

  /** Takes a mirror's decision in; a sync is due where it changes anything. */
  decide(mirror: string, decision: ServingDecision): void {
    if (!this.#placement.decide(mirror, decision)) return;
    // What stays as it is stays in force, too.
    if (!this.#placement.isAsBefore(mirror, decision)) this.#states.delete(mirror);
    this.#refresh(mirror);
    this.#options.onDue();
  }

  /** The mirror's object is gone. */
  forget(mirror: string): void {
    this.#states.delete(mirror);
    if (this.#placement.forget(mirror)) this.#options.onDue();
  }

  state(mirror: string): PolicyState {
    return this.#states.get(mirror) ?? this.#refresh(mirror);
  }

  /** Whether new Pods are sent through exactly this pull prefix for this mirror. */
  servesThrough(mirror: string, pullPrefix: string): boolean {
    return this.state(mirror).kind === 'inForce' && this.#placement.wanted(mirror)?.entry.pullPrefix === pullPrefix;
  }

  /** Whether the mirror is in a policy, or about to be. */
  has(mirror: string): boolean {
    return this.servedProject(mirror) !== undefined;
  }

  /** The Harbor project that Pods are sent to for this mirror, as far as it is in a policy. */
  servedProject(mirror: string): string | undefined {
    const prefix = this.#servedPrefix(mirror);
    return prefix?.slice(prefix.indexOf('/') + 1);
  }

  /** The pull prefixes that any policy in the cluster, or one that is about to be, gives Pods pull Secrets for. */
  injectedPrefixes(mirror: string): ReadonlySet<string> {
    const placed = this.#placement.placed(mirror);
    const entries = [...(this.#look().live.get(mirror) ?? []), ...(placed === undefined ? [] : [placed])];
    const injecting = entries.filter(({ settings }) => settings.pullSecret === 'Inject');
    return new Set(injecting.map(({ entry }) => entry.pullPrefix));
  }

  /** host[:port] of the Harbor that Pods are sent to for this mirror, as far as it is in a policy. */
  servedHost(mirror: string): string | undefined {
    return this.#servedPrefix(mirror)?.split('/', 1)[0];
  }

  #servedPrefix(mirror: string): string | undefined {
    return (this.#placement.placed(mirror) ?? this.#look().live.get(mirror)?.[0])?.entry.pullPrefix;
  }

  /** Whether the policy in the cluster has this host, with these repositories of it, for this mirror. */
  serves({ mirror, host, prefix }: Claim): boolean {
    const entry = (this.#placement.placed(mirror) ?? this.#look().live.get(mirror)?.[0])?.entry;
    return entry !== undefined && entry.hosts.includes(host) && literalPrefixes(entry.include).includes(prefix);
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
    const placed = this.#placement.place(this.#options.cluster.mirrors(), live);
    const homes = this.#homes(live);
    const target = this.#render(placed, homes);
    const staying = this.#moves.underWay(live, target, this.#compare(target).inForce);
    const kept = staying.length > 0 ? this.#render(placed, homes, staying) : target;
    this.#placed = new Map(target.flatMap(({ name, entries }) => entries.map(({ mirror }) => [mirror, name] as const)));
    const retiring = this.#writer.retiring(kept);
    this.#isMoving = staying.length > 0 || retiring.length > 0;
    this.#rendered = [...kept, ...retiring];
    const failures: unknown[] = [];
    for (const policy of this.#rendered) {
      await this.#writer.apply(policy).catch((error: unknown) => failures.push(error));
    }
    // What is to go goes last, and not while its replacement is missing.
    if (failures.length === 0) {
      this.#snapshot = undefined;
      await this.#writer.deleteRest(kept, retiring, (policy) => this.#look().inForce.has(policy));
    }
    this.#refreshAll();
    if (failures.length > 0) throw failures[0];
    // What was refused may be allowed by now: rights that were granted send no event.
    if (this.#writer.refused.size > 0) this.#options.later(REFUSED_RETRY_MS, this.#options.onDue);
  }

  #render(
    placed: readonly PlacedEntry[],
    homes: Homes,
    staying: readonly StayingEntry[] = [],
  ): readonly RenderedPolicy[] {
    const { excludedNamespaces } = this.#options;
    return renderPolicies(placed, { excludedNamespaces, homes, staying });
  }

  /** As placed before; after a restart, as the cluster has them. */
  #homes(live: PolicySnapshot['live']): Homes {
    return new Map([...homesIn(live), ...this.#placed]);
  }

  #look(): PolicySnapshot {
    this.#snapshot ??= this.#compare(this.#rendered);
    return this.#snapshot;
  }

  #compare(rendered: readonly RenderedPolicy[]): PolicySnapshot {
    const { cluster } = this.#options;
    return takeSnapshot({
      rendered,
      live: cluster.policies(),
      webhooks: cluster.webhooks(),
      isRefused: (policy) => this.#writer.refused.has(policy),
      harmless: this.#writer.harmless,
    });
  }

  #refreshAll(): void {
    this.#snapshot = undefined;
    for (const mirror of new Set([...this.#states.keys(), ...this.#placement.decided()])) {
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
    const { kind: decision } = this.#placement.decision(mirror);
    const there = this.#look().live.get(mirror) ?? [];
    const wanted = this.#placement.wanted(mirror);
    const homes = wanted === undefined ? [] : this.#homesOf(mirror, wanted.settings);
    if (decision === 'out' || (decision === 'keep' && there.length === 0 && homes.length === 0)) {
      return this.#isGone(mirror) ? { kind: 'absent' } : { kind: 'pending', since };
    }
    const [home] = homes;
    if (wanted === undefined || home === undefined) return { kind: 'pending', since };
    const acting = homes.find((policy) => this.#actsOn(policy, wanted, there));
    if (acting !== undefined) return { kind: 'inForce', policy: { kind: acting.kind, name: acting.name } };
    const refusal = this.#writer.refused.get(keyOfPolicy(home));
    return refusal ?? { kind: 'pending', since, policy: { kind: home.kind, name: home.name } };
  }

  /** Whether no policy has the mirror any more, and the API server acts by that. */
  #isGone(mirror: string): boolean {
    const { live, isSettled } = this.#look();
    return !live.has(mirror) && isSettled && this.#settling.hasSettledEverywhere(mirror);
  }

  /** The policies of these settings that have the mirror: the one that it belongs into first, then one that it is still in. */
  #homesOf(mirror: string, settings: PolicySettings): readonly RenderedPolicy[] {
    const wanted = canonicalJson(settings);
    const home = this.#placed.get(mirror);
    return this.#rendered
      .filter((policy) => policy.entries.some((entry) => entry.mirror === mirror))
      .filter((policy) => canonicalJson(policy.settings) === wanted)
      .sort((a, b) => Number(b.name === home) - Number(a.name === home));
  }

  /** Whether the mirror's entry in this policy is what the API server acts on. */
  #actsOn(home: RenderedPolicy, wanted: PlacedEntry, there: readonly LiveEntry[]): boolean {
    const stored = there.find(({ policy }) => policy === home.name)?.entry;
    if (canonicalJson(stored ?? null) !== canonicalJson(wanted.entry)) return false;
    const { mirror } = wanted.entry;
    if (this.#look().inForce.has(keyOfPolicy(home)) && this.#settling.hasSettled(home, mirror)) return true;
    // In force before, and only other mirrors' entries have changed since.
    const before = this.#states.get(mirror);
    return before?.kind === 'inForce' && before.policy.name === home.name;
  }
}
