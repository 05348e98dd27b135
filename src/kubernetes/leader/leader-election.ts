import { bootTimeMs } from '../../clock/boot-time.js';
import { pause, within } from '../../clock/pause.js';
import type { KubernetesApi } from '../api.js';
import { isKubernetesError, LeaseLostError } from '../errors.js';
import type { ReadTrouble } from '../cache/informer.js';
import { LeaseCalls } from './lease.js';
import type { Lease } from './lease.js';

export interface LeaderElectionOptions {
  /** Best one of its own, so that after a call that was given up the next one has a new connection, and not another's that is stuck, too. */
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
  /** This process, e.g. the Pod's name and a random part. */
  readonly identity: string;
  readonly onError: (error: unknown) => void;
  /** How long others wait before they take the lease of one that doesn't renew it. Default 15 s. */
  readonly leaseMs?: number;
  /** The pause between two renewals; a standby looks four times as often. Default: 2 of the lease's 15 parts. */
  readonly retryMs?: number;
  /** Milliseconds, of a clock that never goes back, and goes on while this process, or the machine, is stopped. */
  readonly now?: () => number;
}

/** Parts of the lease's duration, as client-go has them: 10 s and 2 s of 15 s. */
const RENEW_DEADLINE = 2 / 3;
const RETRY = 2 / 15;
/** Of the pause between two renewals: a standby sees within this that a lease was given up, or renewed for the last time. */
const STANDBY = 1 / 4;
/** A lease that is about to expire is not asked for in a tight loop. */
const LEAST_PAUSE_MS = 50;
/** Of the renew deadline: a call that is stuck leaves time for another one or two. */
const CALL = 1 / 4;

/**
 * Leader election on a Lease, after client-go's semantics: another's lease counts as expired when it was not seen to change for
 * its duration by our own clock (never by comparing clocks), writes are guarded by resourceVersion, and a leader that stops
 * releases its lease. Beyond client-go, who leads asks before each write whether the lease is surely held still.
 */
export class LeaderElection {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #lease: LeaseCalls;
  readonly #renewDeadlineMs: number;
  readonly #lost = Promise.withResolvers<undefined>();
  readonly #stopping = new AbortController();
  #observed: { readonly lease: Lease; readonly at: number } | undefined;
  #acquiring: Promise<boolean> | undefined;
  #renewing: Promise<void> | undefined;
  #trouble: { readonly error: unknown; readonly since: number } | undefined;
  /** Until when this process leads for sure. */
  #heldUntil: number | undefined;

  constructor(options: LeaderElectionOptions) {
    const { leaseMs = 15_000, retryMs = leaseMs * RETRY, now = bootTimeMs } = options;
    this.#options = { ...options, leaseMs, retryMs, now };
    this.#renewDeadlineMs = leaseMs * RENEW_DEADLINE;
    // Each call is given up early enough for another try on a new connection.
    this.#lease = new LeaseCalls(options, this.#renewDeadlineMs * CALL);
  }

  /** Resolves true once this process leads, false when it was stopped before. */
  async acquire(): Promise<boolean> {
    this.#acquiring ??= this.#acquire();
    return await this.#acquiring;
  }

  /** Undefined while the API server answers for the lease; whoever holds it. */
  get trouble(): ReadTrouble | undefined {
    if (this.#trouble === undefined) return undefined;
    return { error: this.#trouble.error, ms: this.#options.now() - this.#trouble.since };
  }

  /** Resolves when the lease could not be renewed in time: this process must stop acting at once. */
  async lost(): Promise<void> {
    await this.#lost.promise;
  }

  /**
   * Is called before each write of what only the leader may do. The margin to the lease's end is for the write's way to the server.
   *
   * @throws LeaseLostError where the lease may have passed on; it is then reported as lost, too
   */
  readonly assertHeld = (): void => {
    if (this.#heldUntil === undefined) throw new LeaseLostError('This replica does not hold the leader lease.');
    if (this.#options.now() < this.#heldUntil) return;
    this.#lost.resolve(undefined);
    throw new LeaseLostError('The leader lease was not renewed in time: another replica may work by now.');
  };

  /** Stops renewing and gives the lease free. */
  async release(): Promise<void> {
    this.#stopping.abort();
    // What is under way may still take the lease.
    await this.#acquiring;
    await this.#renewing;
    this.#heldUntil = undefined;
    const held = this.#observed?.lease;
    if (held?.spec?.holderIdentity !== this.#options.identity) return;
    try {
      const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
      await this.#lease.replace(held, spec);
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
        this.#heldUntil = triedAt + this.#renewDeadlineMs;
        this.#renewing = this.#renew(triedAt);
        return true;
      }
      await this.#pauseSince(triedAt, this.#standbyMs());
    }
    return false;
  }

  /** @param acquiredAt - before the write was sent: others may count from right after it */
  async #renew(acquiredAt: number): Promise<void> {
    const { now } = this.#options;
    let renewedAt = acquiredAt;
    let triedAt = acquiredAt;
    for (;;) {
      await this.#pauseSince(triedAt, this.#options.retryMs);
      if (this.#isStopping()) return;
      triedAt = now();
      // An answer that doesn't come must not outlast the deadline: by then another may lead.
      const renewed = await within(renewedAt + this.#renewDeadlineMs - triedAt, this.#tryOnce());
      if (renewed === true) {
        renewedAt = triedAt;
        this.#heldUntil = renewedAt + this.#renewDeadlineMs;
      } else if (this.#isStopping()) return;
      else if (now() - renewedAt >= this.#renewDeadlineMs || this.#heldByAnother()) {
        this.#heldUntil = -Infinity;
        this.#lost.resolve(undefined);
        return;
      }
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Counted from when the last try began: one that took long, for its connection was stuck, is followed by the next at once. */
  async #pauseSince(triedAt: number, pauseMs: number): Promise<void> {
    const ms = pauseMs * (0.9 + Math.random() * 0.2) - (this.#options.now() - triedAt);
    await pause(ms, this.#stopping.signal);
  }

  /** Until just after another's lease expires, if that is soon. An API server that can't be asked is not asked more often for it. */
  #standbyMs(): number {
    const { retryMs, now } = this.#options;
    if (this.#trouble !== undefined) return retryMs;
    if (this.#observed === undefined) return retryMs * STANDBY;
    const { lease, at } = this.#observed;
    const expiresInMs = at + this.#durationMs(lease.spec) - now();
    return Math.min(retryMs * STANDBY, Math.max(LEAST_PAUSE_MS, expiresInMs));
  }

  #durationMs(spec: Lease['spec']): number {
    return spec?.leaseDurationSeconds === undefined ? this.#options.leaseMs : spec.leaseDurationSeconds * 1000;
  }

  #heldByAnother(): boolean {
    const holder = this.#observed?.lease.spec?.holderIdentity;
    return holder !== undefined && holder !== null && holder !== '' && holder !== this.#options.identity;
  }

  /** Takes or renews the lease; false where another holds it or the API server could not be asked. */
  async #tryOnce(): Promise<boolean> {
    try {
      const holds = await this.#takeOrRenew();
      this.#trouble = undefined;
      return holds;
    } catch (error) {
      // A conflict means that another was faster; anything else is worth a line in the log.
      if (isKubernetesError(error, 'conflict', 'alreadyExists')) this.#trouble = undefined;
      else {
        this.#trouble = { error, since: this.#trouble?.since ?? this.#options.now() };
        this.#options.onError(error);
      }
      return false;
    }
  }

  async #takeOrRenew(): Promise<boolean> {
    const { identity, leaseMs } = this.#options;
    const current = await this.#lease.read();
    const now = this.#options.now();
    const spec = { holderIdentity: identity, leaseDurationSeconds: leaseMs / 1000, renewTime: microTime() };
    if (current === undefined) {
      const acquired = { ...spec, acquireTime: spec.renewTime, leaseTransitions: 0 };
      this.#observed = { lease: await this.#lease.create(acquired), at: now };
      return true;
    }
    const known = this.#observed;
    if (known === undefined || known.lease.metadata.resourceVersion !== current.metadata.resourceVersion) {
      this.#observed = { lease: current, at: now };
    }
    const seenAt = this.#observed?.at ?? now;
    const held = current.spec ?? {};
    const mine = held.holderIdentity === identity;
    const free = !held.holderIdentity || now - seenAt > this.#durationMs(held);
    if (!mine && !free) return false;
    const taken = mine
      ? { ...held, ...spec }
      : { ...spec, acquireTime: spec.renewTime, leaseTransitions: (held.leaseTransitions ?? 0) + 1 };
    this.#observed = { lease: await this.#lease.replace(current, taken), at: now };
    return true;
  }
}

/** A metav1.MicroTime of now. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
