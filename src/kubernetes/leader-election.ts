import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { KubernetesObject, Resource } from './objects.js';

export interface LeaderElectionOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
  /** This process, e.g. the Pod's name and a random part. */
  readonly identity: string;
  readonly onError: (error: unknown) => void;
  readonly leaseMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryMs?: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now?: () => number;
}

interface Lease extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

/**
 * Leader election on a Lease, after client-go's semantics: another's lease counts as expired when it was not seen to change for
 * its duration by our own clock (never by comparing clocks), writes are guarded by resourceVersion, and a leader that stops
 * releases its lease.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #resource: Resource;
  readonly #lost = Promise.withResolvers<undefined>();
  readonly #stopping = new AbortController();
  #observed: { readonly lease: Lease; readonly at: number } | undefined;
  #acquiring: Promise<boolean> | undefined;
  #renewing: Promise<void> | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = {
      leaseMs: 15_000,
      renewDeadlineMs: 10_000,
      retryMs: 2_000,
      now: () => performance.now(),
      ...options,
    };
    this.#resource = {
      group: 'coordination.k8s.io',
      version: 'v1',
      plural: 'leases',
      namespace: options.namespace,
    };
  }

  /** Resolves true once this process leads, false when it was stopped before. */
  async acquire(): Promise<boolean> {
    this.#acquiring ??= this.#acquire();
    return await this.#acquiring;
  }

  /** Resolves when the lease could not be renewed in time: this process must stop acting at once. */
  async lost(): Promise<void> {
    await this.#lost.promise;
  }

  /** Stops renewing and gives the lease free. */
  async release(): Promise<void> {
    this.#stopping.abort();
    // What is under way may still take the lease.
    await this.#acquiring;
    await this.#renewing;
    const held = this.#observed?.lease;
    if (held?.spec?.holderIdentity !== this.#options.identity) return;
    try {
      const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
      await this.#options.api.replace(this.#resource, this.#options.name, { ...held, spec });
    } catch (error) {
      // The next leader then waits for the lease to expire, no more.
      this.#options.onError(error);
    }
  }

  async #acquire(): Promise<boolean> {
    while (!this.#isStopping()) {
      const triedAt = this.#options.now();
      if (await this.#tryOnce()) {
        if (this.#isStopping()) return false;
        this.#renewing = this.#renew(triedAt);
        return true;
      }
      await this.#pause();
    }
    return false;
  }

  /** @param acquiredAt - before the write was sent: others may count from right after it */
  async #renew(acquiredAt: number): Promise<void> {
    const { now, renewDeadlineMs } = this.#options;
    let renewedAt = acquiredAt;
    for (;;) {
      await this.#pause();
      if (this.#isStopping()) return;
      const triedAt = now();
      // An answer that doesn't come must not outlast the deadline: by then another may lead.
      const renewed = await this.#within(renewedAt + renewDeadlineMs - triedAt, this.#tryOnce());
      if (renewed) renewedAt = triedAt;
      else if (this.#isStopping()) return;
      else if (now() - renewedAt >= renewDeadlineMs || this.#heldByAnother()) {
        this.#lost.resolve(undefined);
        return;
      }
    }
  }

  /** What `attempt` comes to; false where it takes longer than `ms`. */
  async #within(ms: number, attempt: Promise<boolean>): Promise<boolean> {
    const over = new AbortController();
    const late = delay(Math.max(0, ms), false, { signal: over.signal }).catch(() => false);
    try {
      return await Promise.race([attempt, late]);
    } finally {
      over.abort();
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #pause(): Promise<void> {
    const ms = this.#options.retryMs * (0.9 + Math.random() * 0.2);
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #heldByAnother(): boolean {
    const holder = this.#observed?.lease.spec?.holderIdentity;
    return holder !== undefined && holder !== null && holder !== '' && holder !== this.#options.identity;
  }

  /** Takes or renews the lease; false where another holds it or the API server could not be asked. */
  async #tryOnce(): Promise<boolean> {
    try {
      return await this.#takeOrRenew();
    } catch (error) {
      // A conflict means that another was faster; anything else is worth a line in the log.
      if (!isKubernetesError(error, 'conflict', 'alreadyExists')) this.#options.onError(error);
      return false;
    }
  }

  async #takeOrRenew(): Promise<boolean> {
    const { api, name, identity, leaseMs } = this.#options;
    const current = await api.get<Lease>(this.#resource, name);
    const now = this.#options.now();
    const spec = { holderIdentity: identity, leaseDurationSeconds: leaseMs / 1000, renewTime: microTime() };
    if (current === undefined) {
      const lease = { metadata: { name }, spec: { ...spec, acquireTime: spec.renewTime, leaseTransitions: 0 } };
      this.#observed = { lease: await api.create<Lease>(this.#resource, lease), at: now };
      return true;
    }
    const known = this.#observed;
    if (known === undefined || known.lease.metadata.resourceVersion !== current.metadata.resourceVersion) {
      this.#observed = { lease: current, at: now };
    }
    const seenAt = this.#observed?.at ?? now;
    const held = current.spec ?? {};
    const mine = held.holderIdentity === identity;
    const free = !held.holderIdentity || now - seenAt > (held.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
    if (!mine && !free) return false;
    const taken = mine
      ? { ...held, ...spec }
      : { ...spec, acquireTime: spec.renewTime, leaseTransitions: (held.leaseTransitions ?? 0) + 1 };
    this.#observed = { lease: await api.replace<Lease>(this.#resource, name, { ...current, spec: taken }), at: now };
    return true;
  }
}

/** A metav1.MicroTime of now. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
