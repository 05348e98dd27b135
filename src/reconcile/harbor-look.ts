import { parseDuration } from '../api/duration.js';
import { ANNOTATIONS } from '../api/group.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { projectName, upstreamHosts } from '../api/upstream-types.js';
import { HarborError } from '../harbor/errors.js';
import type { InventoryView } from '../harbor/inventory.js';
import { policyEntry } from '../policy/entry.js';
import { policySettings } from '../policy/settings.js';
import { act } from './act.js';
import type { ActResult } from './act.js';
import type { Action } from './actions.js';
import { describeAction } from './actions.js';
import { desiredState } from './desired.js';
import type { Desired } from './desired.js';
import type { HarborSession } from './harbor-session.js';
import type { MirrorReconcilerOptions } from './mirror-reconciler.js';
import { verdictOf } from './outcome.js';
import { planHarbor } from './plan.js';
import type { HarborPlan } from './plan.js';
import type { ServingDecision } from './policy-state.js';
import { upstreamSecrets } from './secrets.js';
import type { HarborFindings } from './summarise.js';
import type { Verdict } from './verdict.js';
import { stalled, waiting } from './verdict.js';

/** Nothing is written to Harbor on a picture older than this. */
const FRESH_MS = 5000;

/** What one look at a mirror found and did. */
export interface HarborLookResult {
  readonly verdict: Verdict;
  readonly serving: ServingDecision;
  readonly harbor?: HarborFindings;
  /** Writes that suspension holds back, in words. */
  readonly heldBack: readonly string[];
}

type Options = Pick<MirrorReconcilerOptions, 'cluster' | 'harbors' | 'clusterId' | 'minIntervalMs' | 'onAction'>;

/** Create, then settings that can only be written afterwards, then nothing. */
const MAX_ROUNDS = 3;

const KEEP: ServingDecision = { kind: 'keep' };
const OUT: ServingDecision = { kind: 'out' };

/** The Harbor side of a mirror: observe, plan, act. */
export class HarborLook {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Brings Harbor to what the mirror says, and finds out whether the mirror may serve. */
  async look(mirror: RegistryMirror): Promise<HarborLookResult> {
    const session = await this.#options.harbors.sessionFor(mirror);
    if (!session.ok) return { verdict: session.problem, serving: KEEP, heldBack: [] };
    const { health, url } = session.value;
    const base = { url, clusterId: this.#options.clusterId, unsupported: [...session.value.unsupported] };
    if (!health.isUp) return this.#harborDown(mirror, session.value, base);
    try {
      return await this.#lookAt(mirror, session.value, base);
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return { verdict: verdictOf(error), serving: KEEP, harbor: { ...base, reachable: undefined }, heldBack: [] };
    }
  }

  #harborDown(
    { spec }: RegistryMirror,
    { health, url }: HarborSession,
    base: Omit<HarborFindings, 'reachable'>,
  ): HarborLookResult {
    const withdraws = spec.rewrite.onHarborUnavailable === 'Withdraw';
    const effect = withdraws
      ? 'New Pods pull from upstream until it is back.'
      : 'New Pods are still sent to it (onHarborUnavailable is Keep).';
    const message = `Harbor ${url} is down: ${health.message}. ${effect}`;
    return {
      verdict: waiting(REASONS.harborUnreachable, message, 60_000),
      serving: withdraws ? OUT : KEEP,
      harbor: { ...base, reachable: false, unreachableMessage: message },
      heldBack: [],
    };
  }

  async #lookAt(
    mirror: RegistryMirror,
    session: HarborSession,
    base: Omit<HarborFindings, 'reachable'>,
  ): Promise<HarborLookResult> {
    const pullHost = await session.pullHost();
    if (pullHost === undefined) {
      const message = `Harbor ${session.url} doesn't say where nodes pull from. Set spec.harbor.pullHost.`;
      return { verdict: stalled(REASONS.harborNotConfigured, message), serving: KEEP, heldBack: [] };
    }
    const pullPrefix = `${pullHost}/${projectName(mirror)}`;
    const findings = { ...base, pullPrefix, reachable: true };
    const loop = await this.#loopingHost(mirror);
    if (loop !== undefined) {
      const message = `${loop} is where nodes pull from Harbor: mirroring it would be a loop. Remove it from spec.upstream.hosts.`;
      return { verdict: stalled(REASONS.hostIsHarbor, message), serving: OUT, harbor: findings, heldBack: [] };
    }
    const key =
      mirror.spec.upstream.credentialsSecretRef === undefined ? undefined : await this.#options.cluster.hmacKey();
    const secrets = upstreamSecrets(mirror, (name) => this.#options.cluster.secret(name), key);
    if (!secrets.ok) return { verdict: secrets.problem, serving: KEEP, harbor: findings, heldBack: [] };
    const desired = desiredState(mirror, secrets.value, session.unproxied);
    return await this.#converge(mirror, session, desired, findings);
  }

  /** Plans and acts until there is nothing more to do: what a new project is like is known only once it is there. */
  async #converge(
    mirror: RegistryMirror,
    session: HarborSession,
    desired: Desired,
    findings: HarborFindings,
  ): Promise<HarborLookResult> {
    for (let round = 1; ; round += 1) {
      const { view, plan } = await this.#plan(mirror, session, desired);
      if (mirror.spec.suspend && plan.actions.length > 0) {
        const heldBack = plan.actions.map(describeAction);
        return { verdict: plan.verdict, serving: servingUndone(plan), harbor: seen(findings, plan), heldBack };
      }
      const actions = plan.actions.length > 0 || mirror.spec.suspend ? plan.actions : wakeUp(plan);
      const result = await this.#act(mirror, session, view, actions);
      const isDone = !result.done || plan.actions.length === 0 || plan.verdict.kind !== 'ready';
      if (isDone || round === MAX_ROUNDS) return await this.#conclude(mirror, desired, session, findings, plan, result);
    }
  }

  async #loopingHost(mirror: RegistryMirror): Promise<string | undefined> {
    const pullHosts = await this.#options.harbors.pullHosts();
    return upstreamHosts(mirror.spec).find((host) => pullHosts.has(host));
  }

  /** Plans on the shared picture, and again on a fresh one where there is something to write. */
  async #plan(
    mirror: RegistryMirror,
    session: HarborSession,
    desired: Desired,
  ): Promise<{ view: InventoryView; plan: HarborPlan }> {
    const quotas = desired.storageLimit !== undefined;
    const isNews = !isObserved(mirror);
    const interval = Math.max(this.#options.minIntervalMs, parseDuration(mirror.spec.interval));
    let view = await session.inventory.view({ maxAgeMs: isNews ? FRESH_MS : interval, quotas });
    let plan = this.#planOn(view, mirror, session, desired, await session.retentionFor(view, desired));
    if (plan.actions.length === 0) return { view, plan };
    view = await session.inventory.view({ maxAgeMs: FRESH_MS, quotas });
    await confirmMissing(mirror, session, view, desired);
    plan = this.#planOn(view, mirror, session, desired, await session.retentionFor(view, desired));
    return { view, plan };
  }

  #planOn(
    view: InventoryView,
    mirror: RegistryMirror,
    session: HarborSession,
    desired: Desired,
    retention: Awaited<ReturnType<HarborSession['retentionFor']>>,
  ): HarborPlan {
    return planHarbor({
      desired,
      identity: { clusterId: this.#options.clusterId, mirror: mirror.metadata.name },
      adoptionPolicy: mirror.spec.adoptionPolicy,
      known: mirror.status.harbor?.url === session.url ? mirror.status.harbor : undefined,
      view,
      unsupported: session.unsupported,
      ...(retention === undefined ? {} : { retention }),
    });
  }

  async #act(
    mirror: RegistryMirror,
    session: HarborSession,
    view: InventoryView,
    actions: readonly Action[],
  ): Promise<ActResult> {
    return await act(actions, {
      api: session.client,
      inventory: session.inventory,
      view,
      signal: session.signal,
      onDone: (action, ms) => {
        this.#options.onAction(mirror.metadata.name, action, ms);
        session.forgetRetention(action);
      },
    });
  }

  async #conclude(
    mirror: RegistryMirror,
    desired: Desired,
    session: HarborSession,
    findings: HarborFindings,
    plan: HarborPlan,
    result: ActResult,
  ): Promise<HarborLookResult> {
    const after = seen(findings, plan);
    if (!result.done) {
      const { failed, error, verdict } = result;
      if (error.kind === 'unsupportedType' && failed.kind === 'CreateProject')
        session.unproxied.add(desired.endpointType);
      const upstream = error.kind === 'upstreamUnhealthy' && verdict.kind === 'waiting';
      const harbor = upstream ? { ...after, upstreamProblem: verdict.message } : after;
      return { verdict, serving: servingUndone(plan), harbor, heldBack: [] };
    }
    if (plan.verdict.kind !== 'ready') {
      return { verdict: plan.verdict, serving: servingUndone(plan), harbor: after, heldBack: [] };
    }
    const view = await session.inventory.view({ maxAgeMs: Infinity });
    const project = view.projectByName(desired.projectName);
    const endpoint = project?.registryId === undefined ? undefined : view.endpointById(project.registryId);
    const harbor = {
      ...after,
      ...(project === undefined ? {} : { project }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    return {
      verdict: plan.verdict,
      serving: serving(mirror, findings),
      harbor,
      heldBack: [],
      ...privateProblem(mirror, harbor),
    };
  }
}

/** Harbor serves only what is cached until its own next check, up to 5 minutes after the upstream is back. */
function wakeUp({ endpoint, hold, verdict }: HarborPlan): readonly Action[] {
  if (endpoint?.status !== 'unhealthy' || hold === 'used' || verdict.kind !== 'ready') return [];
  return [{ kind: 'WakeEndpoint', id: endpoint.id, description: endpoint.description }];
}

/** What is in Harbor by this plan's picture. */
function seen(findings: HarborFindings, plan: HarborPlan): HarborFindings {
  return {
    ...findings,
    endpoint: plan.endpoint ?? null,
    project: plan.project ?? null,
    ...(plan.hold === undefined ? {} : { hold: plan.hold }),
  };
}

function serving(mirror: RegistryMirror, { pullPrefix = '' }: HarborFindings): ServingDecision {
  const settings = policySettings(mirror.spec);
  return settings === undefined ? OUT : { kind: 'serve', entry: policyEntry(mirror, pullPrefix), settings };
}

/** What failed or has to wait takes nothing out of the policies, unless there is nothing left to pull from. */
function servingUndone({ project, endpoint }: HarborPlan): ServingDecision {
  return project === undefined || endpoint === undefined ? OUT : KEEP;
}

/** A private project that Pods get no credentials for is not put into a policy: they could not pull. */
function privateProblem(
  { spec }: RegistryMirror,
  { project }: HarborFindings,
): Pick<HarborLookResult, 'verdict' | 'serving'> | undefined {
  const { engine, pullSecret, nodesAuthenticate } = spec.rewrite;
  if (project?.metadata.public !== 'false' || engine === 'None' || pullSecret === 'Inject' || nodesAuthenticate) {
    return undefined;
  }
  const message =
    `Project ${project.name} is private, so Pods can't pull from it. Set spec.project.public to true, ` +
    'spec.rewrite.pullSecret to Inject, or spec.rewrite.nodesAuthenticate to true.';
  return { verdict: stalled(REASONS.projectPrivate, message), serving: KEEP };
}

/** Whether the status is about this very spec and request. */
function isObserved({ metadata, status }: RegistryMirror): boolean {
  const requestedAt = metadata.annotations?.[ANNOTATIONS.requestedAt];
  return (
    status.observedGeneration === metadata.generation &&
    (requestedAt === undefined || requestedAt === status.lastHandledReconcileAt)
  );
}

/**
 * A project that was there and is missing in the lists may have moved between two pages while they were read: before that takes Pods
 * off the cache, it is looked up by name.
 */
async function confirmMissing(
  { status }: RegistryMirror,
  { client, inventory, signal }: HarborSession,
  view: InventoryView,
  { projectName: name }: Desired,
): Promise<void> {
  if (status.harbor?.projectName !== name || view.projectByName(name) !== undefined) return;
  const project = await client.findProject(name, { signal });
  if (project !== undefined) inventory.record({ kind: 'projectWritten', project });
}
