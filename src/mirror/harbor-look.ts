import { findCondition } from '../api/conditions.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { projectName, upstreamHosts } from '../api/upstream-types.js';
import { HarborError } from '../harbor/http/errors.js';
import type { InventoryView } from '../harbor/inventory.js';
import type { Project } from '../harbor/types.js';
import { act } from './apply.js';
import type { ActResult } from './apply.js';
import type { Action } from './plan/actions.js';
import { describeAction } from './plan/actions.js';
import { desiredState } from './desired.js';
import type { Desired } from './desired.js';
import type { Handover } from './migration/handover.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';
import type { MirrorReconcilerOptions } from './reconcile.js';
import { KEEP, OUT, privateProblem, seen, serving } from './look-result.js';
import type { HarborLookResult } from './look-result.js';
import { verdictOf } from './status/outcome.js';
import { Planner } from './plan/planner.js';
import type { Subject } from './plan/planner.js';
import { fieldOf, readBack } from './read-back.js';
import type { HarborPlan } from './plan/plan.js';
import type { ServingDecision } from '../policies/state.js';
import { upstreamSecrets } from '../credentials/secrets.js';
import type { HarborFindings } from './status/summarise.js';
import { stalled, waiting } from '../api/verdict.js';

type Options = Pick<
  MirrorReconcilerOptions,
  'cluster' | 'harbors' | 'policies' | 'clusterId' | 'minIntervalMs' | 'onAction'
> & { readonly handover: Handover };

/** Create, then settings that can only be written afterwards, then nothing. */
const MAX_ROUNDS = 3;

/** The Harbor side of a mirror: observe, plan, act. */
export class HarborLook {
  readonly #options: Options;
  readonly #planner: Planner;

  constructor(options: Options) {
    this.#options = options;
    this.#planner = new Planner(options);
  }

  /** Brings Harbor to what the mirror says, and finds out whether the mirror may serve. */
  async look(mirror: RegistryMirror): Promise<HarborLookResult> {
    const session = await this.#options.harbors.sessionFor(mirror);
    if (!session.ok) return { verdict: session.problem, serving: KEEP, heldBack: [] };
    const { health, url } = session.value;
    const base = { url, clusterId: this.#options.clusterId, unsupported: [] };
    if (!health.isUp) return this.#harborDown(mirror, session.value, base);
    try {
      return await this.#lookAt(mirror, session.value, base);
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return { verdict: verdictOf(error), serving: KEEP, harbor: { ...base, reachable: undefined }, heldBack: [] };
    }
  }

  #harborDown(
    mirror: RegistryMirror,
    session: HarborSession,
    base: Omit<HarborFindings, 'reachable'>,
  ): HarborLookResult {
    const { health, url } = session;
    const isElsewhere = this.#servesElsewhere(mirror, session);
    const withdraws = mirror.spec.rewrite.onHarborUnavailable === 'Withdraw' && !isElsewhere;
    const kept = isElsewhere
      ? 'New Pods are still sent to the Harbor of before.'
      : 'New Pods are still sent to it (onHarborUnavailable is Keep).';
    const effect = withdraws ? 'New Pods pull from upstream until it is back.' : kept;
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
    const { missingPermissions } = session;
    const findings = { ...base, pullPrefix, reachable: true, missingPermissions };
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
      const { view, plan } = await this.#planner.plan({ mirror, session, desired });
      if (mirror.spec.suspend && plan.actions.length > 0) {
        const heldBack = plan.actions.map(describeAction);
        return {
          verdict: plan.verdict,
          serving: this.#undone(mirror, session, view),
          harbor: seen(findings, plan),
          heldBack,
        };
      }
      const actions = plan.actions.length > 0 || mirror.spec.suspend ? plan.actions : wakeUp(plan);
      const result = await this.#act(mirror, session, view, actions);
      if (result.done) await readBack(actions, result, session);
      const isDone = !result.done || plan.actions.length === 0 || plan.verdict.kind !== 'ready';
      if (isDone || round === MAX_ROUNDS)
        return this.#conclude({ mirror, session, desired }, findings, view, plan, result);
    }
  }

  /** An edit of a suspended mirror waits; that Harbor came back does not. */
  #whileSuspended(mirror: RegistryMirror, findings: HarborFindings): ServingDecision {
    const wasWithdrawn = findCondition(mirror.status.conditions, 'Ready')?.reason === REASONS.harborUnreachable;
    const next = serving(mirror, findings);
    if (next.kind === 'out' || (wasWithdrawn && !this.#options.policies.has(mirror.metadata.name))) return next;
    return KEEP;
  }

  /** What failed or has to wait takes nothing out of the policies, unless what Pods pull from now is gone. */
  #undone(mirror: RegistryMirror, session: HarborSession, view: InventoryView): ServingDecision {
    const name = this.#options.policies.servedProject(mirror.metadata.name);
    if (name === undefined || this.#servesElsewhere(mirror, session)) return KEEP;
    const project = view.projectByName(name);
    const isThere = project?.registryId !== undefined && view.endpointById(project.registryId) !== undefined;
    return isThere && !isReplaced(mirror, session, project) ? KEEP : OUT;
  }

  /** Whether Pods still pull from another Harbor than this one, which this picture says nothing about: `spec.harbor` was changed. */
  #servesElsewhere({ metadata }: RegistryMirror, { knownPullHost }: HarborSession): boolean {
    const served = this.#options.policies.servedHost(metadata.name);
    return served !== undefined && knownPullHost !== undefined && served !== knownPullHost;
  }

  async #loopingHost(mirror: RegistryMirror): Promise<string | undefined> {
    const pullHosts = await this.#options.harbors.pullHosts();
    return upstreamHosts(mirror.spec).find((host) => pullHosts.has(host));
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

  #conclude(
    { mirror, session, desired }: Subject,
    findings: HarborFindings,
    view: InventoryView,
    plan: HarborPlan,
    result: ActResult,
  ): HarborLookResult {
    const after = seen(findings, plan);
    if (!result.done) {
      const { failed, error, verdict } = result;
      if (error.kind === 'unsupportedType' && failed.kind === 'CreateProject') {
        session.unproxied.add(plan.endpoint?.type ?? desired.endpointType);
      }
      const upstream = error.kind === 'upstreamUnhealthy' && verdict.kind === 'waiting';
      const harbor = upstream ? { ...after, upstreamProblem: verdict.message } : after;
      return { verdict, serving: this.#undone(mirror, session, view), harbor, heldBack: [] };
    }
    if (plan.verdict.kind !== 'ready') {
      return { verdict: plan.verdict, serving: this.#undone(mirror, session, view), harbor: after, heldBack: [] };
    }
    const project = view.projectByName(desired.projectName);
    const endpoint = project?.registryId === undefined ? undefined : view.endpointById(project.registryId);
    const harbor = {
      ...after,
      unsupported: [...session.unsupported]
        .filter((key) => key in desired.metadata || key === 'caCertificate')
        .map(fieldOf),
      ...(project === undefined ? {} : { project }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    return {
      verdict: plan.verdict,
      serving: mirror.spec.suspend ? this.#whileSuspended(mirror, findings) : serving(mirror, findings),
      harbor,
      heldBack: [],
      ...(plan.retireInMs === undefined ? {} : { lookAgainMs: plan.retireInMs }),
      ...privateProblem(mirror, harbor),
    };
  }
}

/** Whether somebody deleted the mirror's project and made another one of that name, which may cache another upstream. */
function isReplaced({ status }: RegistryMirror, { url }: HarborSession, { id, name }: Project): boolean {
  const { harbor } = status;
  return (
    harbor?.url === url && harbor.projectName === name && harbor.projectID !== undefined && harbor.projectID !== id
  );
}

/** Harbor serves only what is cached until its own next check, up to 5 minutes after the upstream is back. */
function wakeUp({ endpoint, hold, verdict }: HarborPlan): readonly Action[] {
  if (endpoint?.status !== 'unhealthy' || hold === 'used' || verdict.kind !== 'ready') return [];
  return [{ kind: 'WakeEndpoint', id: endpoint.id, description: endpoint.description }];
}
