import type { RegistryMirror } from '../api/registry-mirror.js';
import { HarborError } from '../harbor/http/errors.js';
import type { InventoryView } from '../harbor/inventory.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';
import { act } from './apply.js';
import type { ActResult } from './apply.js';
import { privateProblem, seen, unseen } from './look-result.js';
import type { HarborLookResult } from './look-result.js';
import type { Observed, Observer } from './observe.js';
import type { Action } from './plan/actions.js';
import { describeAction } from './plan/actions.js';
import type { HarborPlan } from './plan/plan.js';
import type { Planner } from './plan/planner.js';
import type { Precondition } from './plan/preconditions.js';
import { unsupportedBy } from './harbor-support.js';
import { shortcomings } from './shortcomings.js';
import { readBack } from './read-back.js';
import { verdictOf } from './status/outcome.js';
import { upstreamHint } from './status/upstream-hints.js';

export interface ConvergenceOptions {
  readonly observer: Pick<Observer, 'pullFacts'>;
  readonly planner: Pick<Planner, 'plan'>;
  readonly holds: (mirror: RegistryMirror) => (precondition: Precondition) => boolean;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
}

/** Create, then settings that can only be written afterwards, then nothing. */
const MAX_ROUNDS = 3;
/** An action whose precondition doesn't hold is tried again after this. */
const HELD_MS = 2000;

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
      const { view, plan, findings } = current;
      if (mirror.spec.suspend && plan.actions.length > 0) {
        return {
          verdict: plan.verdict,
          pulls: this.#options.observer.pullFacts(current),
          harbor: seen(findings, plan),
          heldBack: plan.actions.map(describeAction),
        };
      }
      const actions = plan.actions.length > 0 || mirror.spec.suspend ? plan.actions : wakeUp(plan);
      const result = await this.#act(mirror, session, view, actions);
      if (result.kind === 'done') await readBack(actions, result, session);
      const isDone = result.kind !== 'done' || plan.actions.length === 0 || plan.verdict.kind !== 'ready';
      if (isDone || round === MAX_ROUNDS) return this.#conclude(current, result);
      current = { ...current, ...(await this.#options.planner.plan(current)) };
    }
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
      holds: this.#options.holds(mirror),
      onDone: (action, ms) => {
        this.#options.onAction(mirror.metadata.name, action, ms);
        if (action.kind === 'SetRetention') session.retentions.forget(action.projectId);
      },
    });
  }

  #failed(
    { session, desired, findings, plan }: Observed,
    { failed, error, verdict }: Extract<ActResult, { kind: 'failed' }>,
  ): Pick<HarborLookResult, 'verdict' | 'harbor'> {
    const harbor = seen(findings, plan);
    const endpointType = plan.endpoint?.type ?? desired.endpointType;
    if (error.kind === 'unsupportedType' && failed.kind === 'CreateProject') session.unproxied.add(endpointType);
    if (error.kind !== 'upstreamUnhealthy' || verdict.kind !== 'waiting') return { verdict, harbor };
    const hasCredentials = desired.secrets.credentials !== undefined;
    const hint = upstreamHint({ type: endpointType, url: desired.url, hasCredentials }, error.reason);
    const message = hint === undefined ? verdict.message : `${verdict.message} ${hint}`;
    return { verdict: { ...verdict, message }, harbor: { ...harbor, upstreamProblem: message } };
  }

  #conclude(observed: Observed, result: ActResult): HarborLookResult {
    const { mirror, session, desired, findings, view, plan, retireInMs } = observed;
    const after = seen(findings, plan);
    const pulls = this.#options.observer.pullFacts(observed);
    if (result.kind === 'failed') return { ...this.#failed(observed, result), pulls, heldBack: [] };
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
    };
  }
}

/** When something that has to wait may be done. */
function lookAgain({ retireInMs }: HarborPlan, { kind }: ActResult): Pick<HarborLookResult, 'lookAgainMs'> {
  if (kind === 'held') return { lookAgainMs: HELD_MS };
  return retireInMs === undefined ? {} : { lookAgainMs: retireInMs };
}

/** Harbor serves only what is cached until its own next check, up to 5 minutes after the upstream is back. */
function wakeUp({ endpoint, hold, verdict }: HarborPlan): readonly Action[] {
  if (endpoint?.status !== 'unhealthy' || hold === 'used' || verdict.kind !== 'ready') return [];
  return [{ kind: 'WakeEndpoint', id: endpoint.id, description: endpoint.description }];
}
