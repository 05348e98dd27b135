import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName, upstreamHosts } from '../../api/upstream-types.js';
import { HarborError } from '../../harbor/http/errors.js';
import { describeAction } from '../../mirror/plan/actions.js';
import type { Action } from '../../mirror/plan/actions.js';
import { desiredState } from '../../mirror/desired.js';
import type { Desired } from '../../mirror/desired.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import { KEEP, OUT, privateProblem, serving } from '../../mirror/look-result.js';
import { verdictOf } from '../../mirror/status/outcome.js';
import type { HarborPlan } from '../../mirror/plan/plan.js';
import { planRemoval } from '../../mirror/plan/plan-removal.js';
import type { Planner } from '../../mirror/plan/planner.js';
import type { ServingDecision } from '../../policies/state.js';
import { upstreamSecrets } from '../../credentials/secrets.js';
import type { SecretLookup } from '../../credentials/secrets.js';

/** Harbor gives a new proxy project this many days by itself. */
const OWN_RETENTION_DAYS = 7;

/** What would be written to Harbor for one mirror, and what that would make of it. */
export interface MirrorPlan {
  readonly mirror: string;
  /** In words; nothing of it while there is a problem that needs the user. */
  readonly actions: readonly string[];
  readonly problem?: string;
  /** Harbor, or the Secret that is needed, could not be read: nothing is known. */
  readonly failed?: boolean;
  readonly serving: ServingDecision;
}

export interface HarborSideOptions {
  readonly harbors: Harbors;
  readonly planner: Planner;
  readonly secret: SecretLookup;
  readonly hmacKey: Buffer;
  readonly clusterId: string;
  /** host[:port] that nodes pull from, where the operator is known to use another one than Harbor says. */
  readonly pullHost?: (mirror: RegistryMirror) => string | undefined;
}

/** Plans the Harbor side of a mirror with the operator's own planner, and writes nothing. */
export async function planHarborSide(mirror: RegistryMirror, options: HarborSideOptions): Promise<MirrorPlan> {
  const nothing = { mirror: mirror.metadata.name, actions: [], serving: KEEP };
  const session = await options.harbors.sessionFor(mirror);
  if (!session.ok) return { ...nothing, problem: messageOf(session.problem), failed: true };
  try {
    return mirror.metadata.deletionTimestamp === undefined
      ? await planMirror(mirror, session.value, options)
      : await planDeletion(mirror, session.value, options);
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    return { ...nothing, problem: messageOf(verdictOf(error)), failed: true };
  }
}

async function planMirror(
  mirror: RegistryMirror,
  session: HarborSession,
  options: HarborSideOptions,
): Promise<MirrorPlan> {
  const { name } = mirror.metadata;
  const pullHost = options.pullHost?.(mirror) ?? (await session.pullHost());
  if (pullHost === undefined) {
    const problem = `Harbor ${session.url} doesn't say where nodes pull from: set spec.harbor.pullHost.`;
    return { mirror: name, actions: [], problem, serving: KEEP };
  }
  const loop = upstreamHosts(mirror.spec).find((host) => host === pullHost);
  if (loop !== undefined) {
    const problem = `${loop} is where nodes pull from Harbor: remove it from spec.upstream.hosts.`;
    return { mirror: name, actions: [], problem, serving: OUT };
  }
  const secrets = upstreamSecrets(mirror, options.secret, options.hmacKey);
  if (!secrets.ok) return { mirror: name, actions: [], problem: messageOf(secrets.problem), serving: KEEP };
  const desired = desiredState(mirror, secrets.value, session.unproxied);
  const { plan } = await options.planner.plan({ mirror, session, desired });
  const actions = [...plan.actions, ...laterActions(plan, desired)].map(describeAction);
  if (plan.verdict.kind !== 'ready') {
    return { mirror: name, actions, problem: messageOf(plan.verdict), serving: KEEP };
  }
  if (mirror.spec.suspend && actions.length > 0) {
    return { mirror: name, actions: [], problem: `Suspended; would ${actions.join('; ')}.`, serving: KEEP };
  }
  const findings = { url: session.url, clusterId: options.clusterId, reachable: true, unsupported: [] };
  const project = projectAfter(plan);
  const harbor = {
    ...findings,
    pullPrefix: `${pullHost}/${projectName(mirror)}`,
    ...(project === undefined ? {} : { project }),
  };
  const blocked = privateProblem(mirror, harbor);
  if (blocked !== undefined) return { mirror: name, actions, problem: messageOf(blocked.verdict), serving: KEEP };
  return { mirror: name, actions, serving: mirror.spec.suspend ? KEEP : serving(mirror, harbor) };
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

async function planDeletion(
  mirror: RegistryMirror,
  { inventory }: HarborSession,
  { clusterId }: HarborSideOptions,
): Promise<MirrorPlan> {
  const { name } = mirror.metadata;
  if (mirror.spec.deletionPolicy === 'Retain') return { mirror: name, actions: [], serving: OUT };
  const view = await inventory.view({ maxAgeMs: 0 });
  const names = [projectName(mirror), mirror.status.harbor?.projectName].filter((project) => project !== undefined);
  const { actions } = planRemoval(view, { clusterId, mirror: name }, new Set(names));
  return { mirror: name, actions: actions.map(describeAction), serving: OUT };
}

function messageOf(verdict: { readonly kind: string; readonly message?: string }): string {
  return verdict.message ?? '';
}
