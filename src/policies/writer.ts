import { isKubernetesError } from '../kubernetes/errors.js';
import { RETIRE_MS } from '../engines/in-force.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { readSettings, renderEmpty } from '../engines/render.js';
import type { PolicyEngine } from '../engines/settings.js';
import { missingApi, refusedPolicy } from './refusal.js';
import type { Refusal } from './refusal.js';
import { findLive, isAsRendered, keyOfPolicy } from './snapshot.js';
import type { LivePolicy } from './snapshot.js';
import type { Settling } from './settling.js';

/** The cluster's policies, to read and to write. */
export interface WritablePolicies {
  policies(): readonly LivePolicy[];
  /** Whether the API server serves this kind; undefined while that isn't known. */
  serves(kind: PolicyEngine): boolean | undefined;
  applyPolicy(policy: RenderedPolicy): Promise<void>;
  deletePolicy(kind: PolicyEngine, name: string): Promise<void>;
}

export interface PolicyWriterOptions {
  readonly cluster: WritablePolicies;
  readonly settling: Settling;
  /** ms since 1970. */
  readonly now: () => number;
  /** After this many ms a policy that is without effect may be deleted. */
  readonly onRetired: (ms: number) => void;
  /** After this many ms a write that gives no sign has taken effect. */
  readonly onSettled: (ms: number) => void;
  readonly onWrite: (action: 'ApplyPolicy' | 'DeletePolicy', kind: PolicyEngine, name: string) => void;
}

/** Writes policies where they differ, remembers what was refused, and lets a policy go only when nobody is sent to it any more. */
export class PolicyWriter {
  readonly #options: PolicyWriterOptions;
  /** Since when a policy that is to go is seen to have no effect, in ms since 1970. */
  readonly #retiredAt = new Map<string, number>();
  /** Contents that match nothing: a webhook that still names one sends nobody. */
  readonly #harmless = new Set<string>();
  readonly #refused = new Map<string, Refusal>();

  constructor(options: PolicyWriterOptions) {
    this.#options = options;
  }

  /** Hashes of contents that match nothing. */
  get harmless(): ReadonlySet<string> {
    return this.#harmless;
  }

  /** What the API server or Kyverno said to policies, by kind and name. */
  get refused(): ReadonlyMap<string, Refusal> {
    return this.#refused;
  }

  /**
   * Writes a policy unless it is there as rendered. One that is refused is remembered.
   *
   * @throws KubernetesError where the write failed for now; to be tried again
   */
  async apply(policy: RenderedPolicy): Promise<void> {
    const { cluster, settling, onSettled, onWrite } = this.#options;
    const key = keyOfPolicy(policy);
    const missing = (): Refusal => missingApi(policy.kind, (kind) => cluster.serves(kind));
    this.#refused.delete(key);
    if (cluster.serves(policy.kind) === false) {
      this.#refused.set(key, missing());
      return;
    }
    const live = findLive(cluster.policies(), policy);
    if (live !== undefined && isAsRendered(live, policy)) return;
    const answered = settling.write(policy, live);
    try {
      await cluster.applyPolicy(policy);
      onWrite('ApplyPolicy', policy.kind, policy.name);
    } catch (error) {
      if (!isKubernetesError(error, 'invalid', 'forbidden', 'notFound')) throw error;
      this.#refused.set(key, error.kind === 'notFound' ? missing() : refusedPolicy(policy, error.message));
    } finally {
      onSettled(answered());
    }
  }

  /** Policies in the cluster that are to go, as they are to be until then: without effect. */
  retiring(kept: readonly RenderedPolicy[]): readonly RenderedPolicy[] {
    const names = new Set(kept.map(keyOfPolicy));
    return this.#options.cluster.policies().flatMap((live) => {
      const settings = readSettings(live.object);
      const { name } = live.object.metadata;
      if (names.has(keyOfPolicy({ kind: live.kind, name })) || settings?.engine !== live.kind) return [];
      return RETIRE_MS[live.kind] === 0 ? [] : [renderEmpty(name, settings)];
    });
  }

  /**
   * Deletes all policies but those to keep, each of `retiring` only when it has been without effect for long enough.
   *
   * @param acts - whether the API server acts on this policy exactly as it is rendered
   * @throws KubernetesError
   */
  async deleteRest(
    kept: readonly RenderedPolicy[],
    retiring: readonly RenderedPolicy[],
    acts: (policyKey: string) => boolean,
  ): Promise<void> {
    const { cluster, settling, onSettled, onWrite } = this.#options;
    const stay = new Set(kept.map(keyOfPolicy));
    for (const live of cluster.policies()) {
      const policy = { kind: live.kind, name: live.object.metadata.name };
      const key = keyOfPolicy(policy);
      const empty = retiring.find((other) => keyOfPolicy(other) === key);
      if (stay.has(key) || (empty !== undefined && !this.#hasRetired(empty, acts(key)))) continue;
      const answered = settling.delete(policy, live);
      try {
        await cluster.deletePolicy(policy.kind, policy.name);
      } finally {
        onSettled(answered());
      }
      this.#retiredAt.delete(key);
      onWrite('DeletePolicy', policy.kind, policy.name);
    }
  }

  #hasRetired(empty: RenderedPolicy, acts: boolean): boolean {
    const { now, onRetired } = this.#options;
    const key = keyOfPolicy(empty);
    if (!acts) {
      this.#retiredAt.delete(key);
      return false;
    }
    const since = this.#retiredAt.get(key);
    if (since === undefined) {
      this.#retiredAt.set(key, now());
      this.#harmless.add(empty.contentHash);
      onRetired(RETIRE_MS[empty.kind]);
      return false;
    }
    return now() - since >= RETIRE_MS[empty.kind];
  }
}
