import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Verdict } from '../../api/verdict.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { Desired } from '../../mirror/desired/desired.js';
import { privateProblem, routingFacts } from '../../mirror/look/look-result.js';
import type { HarborLookResult } from '../../mirror/look/look-result.js';
import { isAbandoned, projectNamesOf } from '../../mirror/migration/deletion.js';
import { UpstreamOutages } from '../../mirror/look/upstream-outages.js';
import type { Observed } from '../../mirror/look/observe.js';
import { describeAction } from '../../mirror/plan/actions.js';
import type { Action } from '../../mirror/plan/actions.js';
import type { HarborPlan } from '../../mirror/plan/plan-input.js';
import { planRemoval } from '../../mirror/plan/plan-removal.js';
import type { HarborSideOptions } from './harbor-side-options.js';
import { deletionOf, planPullRobots } from './pull-robots.js';
import type { PullRobotsPlan } from './pull-robots.js';
import { planRetirements } from './retirements.js';
import { decisionFor, routeOf } from '../../mirror/routing.js';
import { verdictOf } from '../../harbor/outcome.js';
import type { RoutingDecision } from '../../policies/state.js';

/** Harbor gives a new proxy project this many days by itself. */
const OWN_RETENTION_DAYS = 7;

/** With one look, what the status says of an outage counts: Harbor would have to be seen otherwise for a while. */
const NEVER = { outAfterMs: Infinity, backAfterMs: Infinity };

/** What would be written to Harbor for one mirror, and what that would make of it. */
export interface MirrorPlan {
  readonly mirror: string;
  /** In words; nothing of it while there is a problem that needs the user. */
  readonly actions: readonly string[];
  /** In words: what goes when new Pods are not sent there any more. */
  readonly later?: readonly string[];
  readonly problem?: string;
  /** Harbor, or the Secret that is needed, could not be read: nothing is known. */
  readonly failed?: boolean;
}

/** A mirror's plan, and what it comes to in the policies. */
export interface PlannedMirror {
  readonly side: MirrorPlan;
  readonly decision: RoutingDecision;
}

/** Plans the Harbor side of a mirror with the operator's own observer and planner, and writes nothing. */
export async function planHarborSide(mirror: RegistryMirror, options: HarborSideOptions): Promise<PlannedMirror> {
  if (mirror.metadata.deletionTimestamp !== undefined) return await planDeletion(mirror, options);
  const session = options.harbors.sessionFor(mirror);
  if (session.ok) await session.value.checkedOnce;
  const observation = await options.observer.observe(mirror);
  if (observation.kind === 'blocked') {
    const { look } = observation;
    return planned(mirror, look, options, look.verdict.kind === 'waiting' ? { failed: true } : {});
  }
  const { plan, findings, desired } = observation;
  const actions = [...plan.actions, ...laterActions(plan, desired)].map(describeAction);
  const heldBack = mirror.spec.suspend ? actions : [];
  const project = projectAfter(plan);
  const harbor = { ...findings, ...(project === undefined ? {} : { project }) };
  const problem = plan.verdict.kind === 'ready' ? privateProblem(mirror, harbor) : undefined;
  const look = {
    verdict: problem ?? plan.verdict,
    pulls: { ...options.observer.pullFacts(observation), canPull: problem === undefined },
    harbor,
    heldBack,
  };
  const robots = await planRobots(observation, options);
  const later = [...(await planRetirements(observation, options)), ...robots.later];
  return planned(mirror, look, options, {
    actions: mirror.spec.suspend ? [] : [...actions, ...robots.actions],
    ...(later.length === 0 ? {} : { later }),
    ...(robots.problem === undefined ? {} : { problem: robots.problem, failed: robots.failed === true }),
  });
}

/** A mirror that isn't in order gets no robot account. */
async function planRobots(
  { mirror, session, findings, plan }: Observed,
  { clusterId, pullSecretsOf, now }: HarborSideOptions,
): Promise<PullRobotsPlan> {
  const { pullPrefix } = findings;
  if (plan.verdict.kind !== 'ready' || pullPrefix === undefined) return { actions: [], later: [] };
  const { project } = plan;
  return await planPullRobots({ mirror, session, pullPrefix, project, secrets: pullSecretsOf(mirror), clusterId, now });
}

function planned(
  mirror: RegistryMirror,
  found: HarborLookResult,
  { isIncluded }: HarborSideOptions,
  more: Partial<MirrorPlan>,
): PlannedMirror {
  const { name } = mirror.metadata;
  const look = new UpstreamOutages(NEVER, () => 0).judge(mirror, found);
  const route = routeOf(routingFacts(mirror, look, isIncluded(name)));
  const problem = problemOf(look);
  return {
    side: { mirror: name, actions: [], ...(problem === undefined ? {} : { problem }), ...more },
    decision: decisionFor(mirror, route, look.harbor?.pullPrefix),
  };
}

function problemOf({ verdict, heldBack }: HarborLookResult): string | undefined {
  if (verdict.kind !== 'ready') return verdict.message;
  return heldBack.length === 0 ? undefined : `Suspended; would ${heldBack.join('; ')}.`;
}

/** What the operator writes in a second round, once what it made is there. */
function laterActions(plan: HarborPlan, { retention, projectName: project }: Desired): readonly Action[] {
  const isNew = plan.actions.some(({ kind }) => kind === 'CreateProject');
  if (!isNew || retention === undefined || retention === OWN_RETENTION_DAYS) return [];
  return [{ kind: 'SetRetention', project, projectId: 0, keep: retention }];
}

/** The project as the plan leaves it. */
function projectAfter({ project, actions }: HarborPlan): HarborPlan['project'] {
  return actions.reduce((before, action) => {
    if (action.kind === 'CreateProject') return { id: 0, repositoryCount: 0, ...action.project };
    if (action.kind !== 'UpdateProject' || before === undefined) return before;
    return { ...before, metadata: { ...before.metadata, ...action.metadata } };
  }, project);
}

async function planDeletion(mirror: RegistryMirror, options: HarborSideOptions): Promise<PlannedMirror> {
  const { name } = mirror.metadata;
  const gone = (more: Partial<MirrorPlan>): PlannedMirror => ({
    side: { mirror: name, actions: [], ...more },
    decision: decisionFor(mirror, 'withdraw', undefined),
  });
  const robots = options.pullSecretsOf(mirror).map(deletionOf);
  if (mirror.spec.deletionPolicy === 'Retain' || isAbandoned(mirror)) return gone({ actions: robots });
  const session = options.harbors.sessionFor(mirror);
  if (!session.ok) return gone({ problem: messageOf(session.problem), failed: true });
  try {
    const view = await session.value.inventory.view({ maxAgeMs: 0 });
    const identity = { clusterId: options.clusterId, mirror: name };
    const projectNames = new Set(projectNamesOf(mirror, session.value.url));
    const { actions } = planRemoval(view, identity, { projectNames, requires: () => [] });
    return gone({ actions: [...robots, ...actions.map(describeAction)] });
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    return gone({ problem: messageOf(verdictOf(error)), failed: true });
  }
}

function messageOf(verdict: Verdict): string {
  return verdict.kind === 'ready' ? '' : verdict.message;
}
