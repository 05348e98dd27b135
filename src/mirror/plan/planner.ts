import { findCondition } from '../../api/conditions.js';
import { parseDuration } from '../../api/spec/duration.js';
import { isRequested } from '../../api/request.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Project, Retention } from '../../harbor/types.js';
import type { Desired } from '../desired/desired.js';
import { unsupportedBy } from '../desired/harbor-support.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { ServedState } from '../../policies/state.js';
import { narrowingOf } from './narrowing.js';
import { planHarbor } from './plan.js';
import type { HarborPlan } from './plan-input.js';
import { Absences } from './absences.js';
import type { Precondition } from './preconditions.js';
import { privacyOf } from './privacy.js';
import { planRemoval } from './plan-removal.js';

/** What is there is not written to on a picture older than this. */
const FRESH_MS = 5000;
/**
 * What isn't there is made on one as old as this: its project is looked up by name before, and Harbor takes each name once. Thousands of new mirrors
 * would have the lists, which grow with them, read again and again otherwise.
 */
const LISTS_MS = 60_000;

/** What is planned about. */
export interface Subject {
  readonly mirror: RegistryMirror;
  readonly session: HarborSession;
  readonly desired: Desired;
  /** host[:port] that nodes pull from. */
  readonly pullHost: string;
  /** After how many ms what the mirror served from before may go, at the earliest; undefined: nobody knows yet. */
  readonly retireInMs: number | undefined;
}

interface PlannerOptions {
  /** Whether a precondition of this mirror's holds now; left out: not known. */
  readonly holds?: (mirror: RegistryMirror) => (precondition: Precondition) => boolean;
  /** What Pods are sent to for a mirror; left out: not known. */
  readonly served?: (mirror: string) => ServedState;
  readonly clusterId: string;
  readonly minIntervalMs: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly monotonic: () => number;
}

/** Plans, on a picture of Harbor that is young enough for what comes out. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #absences: Absences;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#absences = new Absences(options.monotonic, FRESH_MS);
  }

  /**
   * Plans on the shared picture, and again on a fresh one where there is something to write.
   *
   * @throws HarborError where Harbor could not be read
   */
  async plan(subject: Subject): Promise<{ readonly view: InventoryView; readonly plan: HarborPlan }> {
    const { mirror, session, desired } = subject;
    const quotas = desired.storageLimit !== undefined;
    const shared = await session.inventory.view({ maxAgeMs: this.#oldestMs(mirror), quotas });
    await confirmQuota(subject, shared);
    const first = this.#planOn(shared, subject, await retentionOf(subject, shared));
    const isSettled = first.endpoint !== undefined || isKnownStall(mirror, first);
    // The lists that a new mirror is found in may be old, unless it was made since.
    const isYoung = !isNew(mirror) || isFound(mirror) || this.#absences.has(session, desired.projectName);
    if (first.actions.length === 0 && isSettled && isYoung) return { view: shared, plan: first };
    // Who adopts writes to what others may have made a second ago.
    const freshMs = mirror.spec.adoptionPolicy === 'Adopt' ? 0 : makesAll(first) ? LISTS_MS : FRESH_MS;
    let fresh = await session.inventory.view({ maxAgeMs: freshMs, quotas });
    if (await this.#appeared(subject, fresh)) {
      fresh = await session.inventory.view({ maxAgeMs: 0, quotas });
      await confirmProject(subject, fresh);
    }
    await confirmEndpoint(subject, fresh);
    return { view: fresh, plan: this.#planOn(fresh, subject, await retentionOf(subject, fresh)) };
  }

  /** How old the picture may be that a look at this mirror begins with. */
  #oldestMs(mirror: RegistryMirror): number {
    if (isRequested(mirror)) return 0;
    if (isNew(mirror)) return LISTS_MS;
    if (!isObserved(mirror)) return FRESH_MS;
    return Math.max(this.#options.minIntervalMs, parseDuration(mirror.spec.interval));
  }

  /**
   * Whether a project that the picture lacks is there by now: it is looked up by name before anything is created for it.
   *
   * @throws HarborError
   */
  async #appeared({ session, desired: { projectName } }: Subject, view: InventoryView): Promise<boolean> {
    if (view.projectByName(projectName) !== undefined) return false;
    if (this.#absences.has(session, projectName)) return false;
    if (await session.client.projectExists(projectName, { signal: session.signal })) return true;
    this.#absences.note(session, projectName);
    return false;
  }

  #planOn(
    view: InventoryView,
    { mirror, session, desired, pullHost, retireInMs }: Subject,
    retention: Retention | 'none' | undefined,
  ): HarborPlan {
    const identity = { clusterId: this.#options.clusterId, mirror: mirror.metadata.name };
    const pullPrefix = `${pullHost}/${desired.projectName}`;
    const holds = this.#options.holds?.(mirror);
    const privacy = privacyOf(mirror, pullPrefix, holds);
    const narrowing = narrowingOf(mirror, pullPrefix, this.#options.served?.(mirror.metadata.name), holds);
    const plan = planHarbor({
      desired,
      identity,
      adoptionPolicy: mirror.spec.adoptionPolicy,
      known: mirror.status.harbor?.url === session.url ? mirror.status.harbor : undefined,
      view,
      unsupported: unsupportedBy(session),
      ...(retention === undefined ? {} : { retention }),
      ...(privacy === undefined ? {} : { privacy }),
      ...(narrowing === undefined ? {} : { narrowing }),
    });
    if (plan.actions.length > 0 || plan.verdict.kind !== 'ready' || plan.project === undefined) return plan;
    if (mirror.spec.deletionPolicy !== 'Delete' || retireInMs === undefined) return plan;
    // An earlier project of the mirror's.
    const requires = (projects: readonly Project[]): readonly Precondition[] =>
      projects.flatMap(({ name }) => [
        { kind: 'policyWithout', pullPrefix: `${pullHost}/${name}` },
        { kind: 'usedByNoOther', harborUrl: session.url, project: name },
      ]);
    const { actions } = planRemoval(view, identity, { projectNames: new Set(), keep: plan.project, requires });
    if (actions.length === 0) return plan;
    return retireInMs === 0 ? { ...plan, actions } : { ...plan, retireInMs };
  }
}

/** The project's retention policy; undefined where the mirror doesn't manage it. */
async function retentionOf(
  { session, desired }: Subject,
  view: InventoryView,
): Promise<Retention | 'none' | undefined> {
  return desired.retention === undefined ? undefined : await session.retentions.of(view, desired.projectName);
}

/** Whether the status says already that the user has to act, and what: then Harbor is not read anew for it at every look. */
function isKnownStall(mirror: RegistryMirror, { verdict }: HarborPlan): boolean {
  if (verdict.kind !== 'stalled' || !isObserved(mirror) || isRequested(mirror)) return false;
  const ready = findCondition(mirror.status.conditions, 'Ready');
  return ready?.reason === verdict.reason && ready.message === verdict.message;
}

/** Whether no status of the mirror has been written yet. */
function isNew({ status }: RegistryMirror): boolean {
  return status.observedGeneration === -1;
}

/** Whether an earlier look has seen its project. Of a new mirror that is known in memory only, while its status waits for its policy. */
function isFound({ status }: RegistryMirror): boolean {
  return status.harbor?.projectID !== undefined;
}

/** Whether nothing of the mirror's is there. */
function makesAll({ actions: [first] }: HarborPlan): boolean {
  return first?.kind === 'CreateEndpoint';
}

/** Whether the status is about this very spec. */
function isObserved({ metadata, status }: RegistryMirror): boolean {
  return status.observedGeneration === metadata.generation;
}

/**
 * A project that is there and missing in the lists moved between two pages while they were read, or may not be read.
 *
 * @throws HarborError `forbidden` where these credentials may not read it
 */
async function confirmProject({ session, desired }: Subject, view: InventoryView): Promise<void> {
  const { client, inventory, signal } = session;
  const name = desired.projectName;
  if (view.projectByName(name) !== undefined) return;
  const project = await client.findProject(name, { signal });
  if (project === undefined) {
    const reason = `project ${name} exists, and these credentials may not read it`;
    throw new HarborError({ kind: 'forbidden', method: 'GET', path: '/api/v2.0/projects', reason });
  }
  inventory.record({ kind: 'projectWritten', project });
}

/** A project may be younger than the list of quotas. */
async function confirmQuota({ session, desired }: Subject, view: InventoryView): Promise<void> {
  const project = view.projectByName(desired.projectName);
  if (desired.storageLimit === undefined || project === undefined) return;
  if (view.quotaByProject(project.id) !== undefined) return;
  const quota = await session.client.findQuota(project.id, { signal: session.signal });
  if (quota !== undefined) session.inventory.record({ kind: 'quotaWritten', quota });
}

/** The same for the endpoint of a project that was in order: before it counts as deleted, it is looked up. */
async function confirmEndpoint({ mirror, session, desired }: Subject, view: InventoryView): Promise<void> {
  const { client, inventory, signal } = session;
  const name = desired.projectName;
  const id = view.projectByName(name)?.registryId;
  if (id === undefined || view.endpointById(id) !== undefined || mirror.status.harbor?.projectName !== name) return;
  const endpoint = await client.getEndpoint(id, { signal });
  if (endpoint !== undefined) inventory.record({ kind: 'endpointWritten', endpoint });
}
