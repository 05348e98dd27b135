import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { waiting } from '../../api/verdict.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { HarborErrorKind } from '../../harbor/http/errors.js';
import { act } from './apply.js';
import type { ActResult } from './apply.js';
import { privateProblem, seen, unseen } from './look-result.js';
import type { HarborLookResult, PullFacts } from './look-result.js';
import type { Observed, Observer } from './observe.js';
import type { Action } from '../plan/actions.js';
import { describeAction } from '../plan/actions.js';
import type { HarborPlan } from '../plan/plan-input.js';
import type { Planner } from '../plan/planner.js';
import { describePrecondition } from '../plan/preconditions.js';
import type { Precondition } from '../plan/preconditions.js';
import { unsupportedBy } from '../desired/harbor-support.js';
import { shortcomings } from '../desired/shortcomings.js';
import { readBack } from './read-back.js';
import { verdictOf } from '../../harbor/outcome.js';
import { upstreamHint } from '../../harbor/upstream-hints.js';

interface ConvergenceOptions {
  readonly observer: Pick<Observer, 'pullFacts'>;
  readonly planner: Pick<Planner, 'plan'>;
  readonly holds: (mirror: RegistryMirror) => (precondition: Precondition) => boolean;
  /**
   * To be waited for before anything is written in the Harbor of this url.
   *
   * @param project - one that only its name will tell to be the mirror's
   * @returns whether anything may be written: not where the mirror is gone meanwhile, or being deleted
   */
  readonly enter: (mirror: RegistryMirror, harborUrl: string, project?: string) => Promise<boolean>;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
}

/** Create, then settings that can only be written afterwards, then nothing. */
const MAX_ROUNDS = 3;
/** An action whose precondition doesn't hold is tried again after this. */
const HELD_MS = 2000;
/** The same, where another mirror uses the project: it may do so for good. */
const USED_MS = 30_000;
/** What keeps a project as open as it was. */
const OPEN_UNTIL: ReadonlySet<Precondition['kind']> = new Set(['policyInjects', 'policySendsOnly', 'secretsSpread']);
/** The mirror is looked at when the upstream has answered: this is only a second net. */
const ASKED_MS = 2000;
/** The old settings stay, and go on serving. */
const UPSTREAM_PROBLEMS: ReadonlySet<HarborErrorKind> = new Set(['upstreamUnhealthy', 'upstreamSilent']);

/** Carries out what was planned for a mirror's Harbor side, and says how it then stands. */
export class Convergence {
  readonly #options: ConvergenceOptions;

  constructor(options: ConvergenceOptions) {
    this.#options = options;
  }

  async converge(observed: Observed): Promise<HarborLookResult> {
    try {
      return await this.#converge(observed);
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return unseen(verdictOf(error), { ...observed.findings, reachable: undefined });
    }
  }

  /** Acts and plans again until there is nothing more to do: what a new project is like is known only once it is there. */
  async #converge(observed: Observed): Promise<HarborLookResult> {
    const { mirror, session } = observed;
    let current = observed;
    for (let round = 1; ; round += 1) {
      const { plan, findings } = current;
      if (mirror.spec.suspend && plan.actions.length > 0) {
        return {
          verdict: plan.verdict,
          pulls: this.#options.observer.pullFacts(current),
          harbor: seen(findings, plan),
          heldBack: plan.actions.map(describeAction),
        };
      }
      const actions = plan.actions.length > 0 || mirror.spec.suspend ? plan.actions : wakeUp(plan);
      const mayAct = actions.length === 0 || (await this.#options.enter(mirror, session.url, projectOnSpare(actions)));
      if (!mayAct) return leaving();
      const result = await this.#act(current, actions);
      if (result.kind === 'done') await readBack(actions, result, session);
      const isDone = result.kind !== 'done' || plan.actions.length === 0 || plan.verdict.kind !== 'ready';
      if (isDone || round === MAX_ROUNDS) return this.#conclude(current, result);
      current = { ...current, ...(await this.#options.planner.plan(current)) };
    }
  }

  async #act({ mirror, session, desired, view }: Observed, actions: readonly Action[]): Promise<ActResult> {
    return await act(actions, {
      api: session.upstreams.for({ mirror: mirror.metadata.name, upstream: desired.url }),
      inventory: session.inventory,
      view,
      signal: session.signal,
      holds: this.#options.holds(mirror),
      onDone: (action, ms) => {
        this.#options.onAction(mirror.metadata.name, action, ms);
        if (action.kind === 'SetRetention') session.retentions.forget(action.projectId);
      },
    });
  }

  #conclude(observed: Observed, result: ActResult): HarborLookResult {
    const { mirror, session, desired, findings, view, plan, retireInMs } = observed;
    const after = seen(findings, plan);
    const pulls = this.#options.observer.pullFacts(observed);
    if (result.kind === 'failed') return failed(observed, result, pulls);
    if (plan.verdict.kind !== 'ready') return { verdict: plan.verdict, pulls, harbor: after, heldBack: [] };
    const project = view.projectByName(desired.projectName);
    const endpoint = project?.registryId === undefined ? undefined : view.endpointById(project.registryId);
    const harbor = {
      ...after,
      ...shortcomings(mirror, project, plan.hold, unsupportedBy(session)),
      ...(project === undefined ? {} : { project }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    const problem = privateProblem(mirror, harbor);
    return {
      verdict: problem ?? plan.verdict,
      pulls: { ...pulls, canPull: problem === undefined },
      harbor,
      heldBack: [],
      ...(retireInMs === undefined ? {} : { retireInMs }),
      ...lookAgain(plan, result),
      ...waitsFor(plan, result),
      ...stays(result),
    };
  }
}

/** The end of a look at a mirror that goes meanwhile: the next one, which its deletion has called for, says how it stands. */
function leaving(): HarborLookResult {
  return { ...unseen(waiting(REASONS.deleting, 'The mirror is being deleted.')), quietForMs: HELD_MS };
}

/** The name of a project that is made on an endpoint that is there already, and may be named after another one. */
function projectOnSpare(actions: readonly Action[]): string | undefined {
  const creation = actions.find((action) => action.kind === 'CreateProject');
  return creation === undefined || creation.endpoint === 'created' ? undefined : creation.project.name;
}

/** What became of a plan that Harbor, or the upstream, stood in the way of. */
function failed(
  { session, desired, findings, plan }: Observed,
  { failed: action, error, verdict }: Extract<ActResult, { kind: 'failed' }>,
  pulls: PullFacts,
): HarborLookResult {
  const endpointType = plan.endpoint?.type ?? desired.endpointType;
  if (error.kind === 'unsupportedType' && action.kind === 'CreateProject') session.unproxied.add(endpointType);
  const look = { verdict, pulls, harbor: seen(findings, plan), heldBack: [] };
  if (error.kind === 'upstreamAsked') return { ...look, quietForMs: error.retryAfterMs ?? ASKED_MS };
  if (!UPSTREAM_PROBLEMS.has(error.kind) || verdict.kind !== 'waiting') return look;
  const hasCredentials = desired.secrets.credentials !== undefined;
  const isSilent = error.kind === 'upstreamSilent';
  const hint = isSilent
    ? undefined
    : upstreamHint({ type: endpointType, url: desired.url, hasCredentials }, error.reason);
  const message = [
    verdict.message,
    `The upstream's url is ${desired.url}.`,
    ...(hint === undefined ? [] : [hint]),
  ].join(' ');
  return { ...look, verdict: { ...verdict, message }, harbor: { ...look.harbor, upstreamProblem: message } };
}

/** How the project stays, and until when. */
function waitsFor({ waitsFor: planned }: HarborPlan, result: ActResult): Pick<HarborLookResult, 'waitsFor'> {
  const met = result.kind === 'held' && OPEN_UNTIL.has(result.waitsFor.kind) ? result.waitsFor : undefined;
  const precondition = planned ?? met;
  const stays = precondition?.kind === 'policySendsOnly' ? 'as open as before' : 'public';
  return precondition === undefined ? {} : { waitsFor: `${stays} until ${describePrecondition(precondition)}` };
}

/** That an earlier project stays, since another mirror uses it. */
function stays(result: ActResult): Pick<HarborLookResult, 'stays'> {
  if (result.kind !== 'held' || result.waitsFor.kind !== 'usedByNoOther') return {};
  const { project } = result.waitsFor;
  return { stays: `Project ${project} stays until ${describePrecondition(result.waitsFor)}.` };
}

/** When something that has to wait may be done. */
function lookAgain(
  { retireInMs, waitsFor: held }: HarborPlan,
  result: ActResult,
): Pick<HarborLookResult, 'lookAgainMs'> {
  if (result.kind === 'held' && result.waitsFor.kind === 'usedByNoOther') return { lookAgainMs: USED_MS };
  if (result.kind === 'held' || held !== undefined) return { lookAgainMs: HELD_MS };
  return retireInMs === undefined ? {} : { lookAgainMs: retireInMs };
}

/** Harbor serves only what is cached until its own next check, up to 5 minutes after the upstream is back. */
function wakeUp({ endpoint, hold, verdict }: HarborPlan): readonly Action[] {
  if (endpoint?.status !== 'unhealthy' || hold === 'used' || verdict.kind !== 'ready') return [];
  return [{ kind: 'WakeEndpoint', id: endpoint.id, description: endpoint.description }];
}
