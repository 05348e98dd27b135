import { REASONS } from '../api/reasons.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../api/registry-mirror.js';
import { upstreamHosts } from '../api/spec/upstream-types.js';
import { KubernetesError } from '../kubernetes/errors.js';
import type { Action } from './plan/actions.js';
import { Deletion } from './migration/deletion.js';
import { Beginning } from './migration/beginning.js';
import { FormerHarborsRetirement } from './migration/former-harbors.js';
import type { FormerHarbors, FormerHarborsOptions } from './migration/former-harbors.js';
import { Retirement } from './migration/retirement.js';
import { Unreported } from './migration/unreported.js';
import { holdsFor } from './look/preconditions.js';
import type { PreconditionOptions } from './look/preconditions.js';
import type { HostIndex } from './claims/host-index.js';
import { Convergence } from './look/converge.js';
import { Observer } from './look/observe.js';
import { Planner } from './plan/planner.js';
import type { HarborLookResult } from './look/look-result.js';
import type { Harbors } from '../harbor/session/harbors.js';
import type { Policies } from '../policies/policies.js';
import { graceMs } from '../policies/timing/grace.js';
import type { PolicyState } from '../policies/state.js';
import type { Probes } from './probe/probes.js';
import type { PullSecrets } from '../pull-secrets/pull-secrets.js';
import type { MirrorCluster } from './mirror-cluster.js';
import { eventsOf } from './status/events.js';
import { summarise } from './status/summarise.js';
import { sameStatus } from './status/same-status.js';
import { waiting } from '../api/verdict.js';
import { hasLostHost, routingFacts, unseen, withPullResult } from './look/look-result.js';
import { UpstreamOutages } from './look/upstream-outages.js';
import type { UpstreamInertia } from './look/upstream-outages.js';
import { nextLook } from './next-look.js';
import { decisionFor, routeOf } from './routing.js';
import type { WorkResult } from '../kubernetes/queue/work-result.js';

/** A bug is retried slowly. */
const BUG_RETRY_MS = 300_000;

/** What a look needs of the policies. */
export type MirrorPolicies = PreconditionOptions['policies'] &
  Pick<Policies, 'decide' | 'forget' | 'has' | 'serves' | 'served' | 'servesThrough'>;

interface MirrorReconcilerOptions {
  readonly cluster: MirrorCluster;
  readonly harbors: Harbors;
  readonly hosts: HostIndex;
  readonly policies: MirrorPolicies;
  readonly pullSecrets: FormerHarborsOptions['pullSecrets'] &
    Pick<PullSecrets, 'settle' | 'release' | 'forget' | 'isSpread'>;
  readonly probes: Pick<Probes, 'settle' | 'forget'>;
  readonly clusterId: string;
  readonly minIntervalMs: number;
  /** How long what new Pods are not sent to any more stays. */
  readonly retireAfterMs: number;
  readonly upstreamInertia: UpstreamInertia;
  /** ms since 1970. */
  readonly now: () => number;
  /** Milliseconds, of a clock that never goes back: for how long something has been so. */
  readonly monotonic: () => number;
  /** From 0 (in) to 1 (out). */
  readonly random: () => number;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
  readonly onBug: (mirror: string, error: unknown) => void;
  /** In words: what the mirror's Pods need and runs among them. */
  readonly exposed: (mirror: RegistryMirror, harborUrl: string | undefined) => Promise<string | undefined>;
  /** In words: why this mirror's Pods don't fall back though they are to. */
  readonly fallbackProblem: (mirror: RegistryMirror) => string | undefined;
}

/**
 * Brings one mirror's Harbor side and its place in the policies to what its spec says, and says in the status how it stands.
 * Level-triggered: it looks at what is there, whatever event led here.
 */
export class MirrorReconciler {
  readonly #options: MirrorReconcilerOptions;
  readonly #retirement: Retirement;
  readonly #unreported = new Unreported();
  readonly #beginning: Beginning;
  readonly #observer: Observer;
  readonly #convergence: Convergence;
  readonly #deletion: Deletion;
  readonly #formerHarbors: FormerHarborsRetirement;
  readonly #outages: UpstreamOutages;

  constructor(options: MirrorReconcilerOptions) {
    this.#options = options;
    this.#beginning = new Beginning(options, this.#unreported);
    this.#outages = new UpstreamOutages(options.upstreamInertia, options.monotonic);
    this.#retirement = new Retirement({ ...options, now: options.monotonic });
    const isSpread: PullSecrets['isSpread'] = (mirror, prefix) => options.pullSecrets.isSpread(mirror, prefix);
    const holds = (mirror: RegistryMirror): ReturnType<typeof holdsFor> => holdsFor(mirror, { ...options, isSpread });
    const planner = new Planner({ ...options, holds, served: (name) => options.policies.served(name) });
    this.#observer = new Observer({
      ...options,
      planner,
      secret: options.cluster.secret,
      hmacKey: () => options.cluster.hmacKey(),
      retirement: this.#retirement,
    });
    this.#convergence = new Convergence({
      ...options,
      planner,
      holds,
      observer: this.#observer,
      enter: async (mirror, url, project) => this.#beginning.enter(mirror, url, project),
    });
    this.#formerHarbors = new FormerHarborsRetirement(options);
    this.#deletion = new Deletion(options, this.#formerHarbors);
  }

  /** One look at one mirror. Rejects only where the cluster could not be written to: then it is tried again with backoff. */
  async reconcile(name: string): Promise<WorkResult | undefined> {
    const { cluster, policies, probes, pullSecrets } = this.#options;
    const stored = cluster.mirror(name);
    if (stored === undefined) {
      this.#forget(name);
      return undefined;
    }
    const mirror = this.#unreported.told(stored);
    if (mirror.metadata.deletionTimestamp !== undefined) {
      probes.forget(name);
      const next = await this.#deletion.reconcile(mirror);
      // One that was gone before is let go of without a change that the watch would tell.
      if (cluster.mirror(name) === undefined) this.#forget(name);
      return next;
    }
    const held = mirror.spec.suspend ? mirror : await this.#beginning.hold(mirror, stored);
    // It went while it got its finalizer: that has called for another look.
    if (this.#beginning.present(held) === undefined) return undefined;
    const harborSide = this.#asOfNow(held, await this.#look(held));
    const pullable = withPullResult(harborSide, await pullSecrets.settle(held, harborSide));
    const look = this.#asOfNow(held, this.#outages.judge(held, pullable));
    const route = routeOf(routingFacts(held, look, policies.has(name)));
    policies.decide(name, decisionFor(held, route, look.harbor?.pullPrefix));
    // The look may have begun something in another Harbor.
    const seen = this.#unreported.told(held);
    return await this.#finish(seen, look, await this.#formerHarbors.settle(seen, look));
  }

  #forget(name: string): void {
    const { harbors, policies, probes, pullSecrets } = this.#options;
    policies.forget(name);
    this.#retirement.forget(name);
    this.#unreported.forget(name);
    this.#outages.forget(name);
    pullSecrets.forget(name);
    harbors.forget(name);
    probes.forget(name);
  }

  /**
   * Decides at once for a mirror whose Harbor has gone down: its look, which says so in the status, may have to wait for a worker that waits
   * for the same Harbor.
   */
  withdrawIfDown(mirror: RegistryMirror): void {
    const { policies } = this.#options;
    const { name } = mirror.metadata;
    const look = this.#observer.ifDown(mirror);
    if (look === undefined) return;
    policies.decide(name, decisionFor(mirror, routeOf(routingFacts(mirror, look, policies.has(name))), undefined));
  }

  async #look(mirror: RegistryMirror): Promise<HarborLookResult> {
    try {
      const observation = await this.#observer.observe(mirror);
      if (observation.kind === 'blocked') return observation.look;
      return await this.#convergence.converge(observation);
    } catch (error) {
      // The API server was asked for the HMAC key and is away: no bug.
      if (error instanceof KubernetesError) throw error;
      this.#options.onBug(mirror.metadata.name, error);
      const message = 'The operator failed; its log says how. Please report it.';
      return unseen(waiting(REASONS.internalError, message, BUG_RETRY_MS));
    }
  }

  /** Where Harbor went down meanwhile, nothing is put back on what was seen before. A host that is lost stays lost all the same. */
  #asOfNow(mirror: RegistryMirror, look: HarborLookResult): HarborLookResult {
    return hasLostHost(look) ? look : (this.#observer.ifDown(mirror) ?? look);
  }

  async #finish(mirror: RegistryMirror, look: HarborLookResult, former: FormerHarbors): Promise<WorkResult> {
    const { now, policies } = this.#options;
    this.#unreported.note(mirror, look.harbor, former);
    const probe = this.#options.probes.settle(mirror, look.harbor);
    if (look.quietForMs !== undefined) return { requeueAfterMs: look.quietForMs, isWaiting: true };
    // Asked first, since what the policies say may change while the API server answers.
    const exposed = await this.#options.exposed(mirror, look.harbor?.url ?? mirror.status.harbor?.url);
    const policy = policies.state(mirror.metadata.name);
    const holdMs = this.#holdBackMs(mirror, look, policy);
    if (holdMs > 0) return { requeueAfterMs: holdMs };
    const status = summarise({
      mirror,
      hosts: upstreamHosts(mirror.spec),
      verdict: look.verdict,
      harbor: look.harbor,
      policy,
      former,
      ...(look.pullWarning === undefined ? {} : { pullWarning: look.pullWarning }),
      ...(look.waitsFor === undefined ? {} : { waitsFor: look.waitsFor }),
      ...(look.stays === undefined ? {} : { stays: look.stays }),
      heldBack: look.heldBack,
      exposed,
      fallbackProblem: this.#options.fallbackProblem(mirror),
      probe,
      now: new Date(now()).toISOString(),
    });
    await this.#report(mirror, status);
    return nextLook(mirror, look, former, this.#options);
  }

  /** A status that would only say "not yet in force" waits a little: it is likely to be true soon. */
  #holdBackMs(mirror: RegistryMirror, { verdict, heldBack }: HarborLookResult, policy: PolicyState): number {
    const isUnclear = verdict.kind === 'waiting' && verdict.reason === REASONS.policyUnknown;
    if (policy.kind !== 'pending' && policy.kind !== 'unknown') return 0;
    if ((verdict.kind !== 'ready' && !isUnclear) || heldBack.length > 0) return 0;
    return Math.max(
      0,
      graceMs('policy' in policy ? policy.policy.kind : mirror.spec.rewrite.engine, policy) - policy.forMs,
    );
  }

  async #report(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void> {
    const { cluster } = this.#options;
    const stored = cluster.mirror(mirror.metadata.name)?.status ?? mirror.status;
    if (!sameStatus(stored, status)) {
      await cluster.writeStatus(mirror, status);
      for (const event of eventsOf(stored, status)) {
        await cluster.announce(mirror, event.type, event.reason, event.message);
      }
    }
    this.#unreported.forget(mirror.metadata.name);
  }
}
