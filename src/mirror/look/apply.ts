import type { HarborApi } from '../../harbor/api.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { HarborErrorKind } from '../../harbor/http/errors.js';
import type { HarborInventory, InventoryView } from '../../harbor/inventory.js';
import type { Endpoint, EndpointUpdate } from '../../harbor/types.js';
import type { Action } from '../plan/actions.js';
import type { Precondition } from '../plan/preconditions.js';
import type { Verdict } from '../../api/verdict.js';
import { verdictOf } from '../../harbor/outcome.js';

const REPOSITORIES_PER_PAGE = 100;
/** What is deleted in one go; then others have their turn. */
const MOST_REPOSITORIES = 10_000;
/** Answers that say that Harbor isn't as the picture has it. */
const SURPRISES: ReadonlySet<HarborErrorKind> = new Set([
  'conflict',
  'notFound',
  'forbidden',
  'referenced',
  'serverError',
]);

/** Where actions are carried out, and what is told of each. */
export interface ActContext {
  readonly api: HarborApi;
  readonly inventory: HarborInventory;
  readonly view: InventoryView;
  readonly signal: AbortSignal;
  readonly holds: (precondition: Precondition) => boolean;
  readonly onDone: (action: Action, ms: number) => void;
}

/** How far a plan got. */
export type ActResult =
  | { readonly kind: 'done'; readonly endpointId?: number; readonly projectId?: number }
  | { readonly kind: 'failed'; readonly failed: Action; readonly error: HarborError; readonly verdict: Verdict }
  /** The next action has to wait for this. */
  | { readonly kind: 'held'; readonly waitsFor: Precondition };

/**
 * Carries out a plan's actions in order, and tells the inventory of each. The first HarborError ends it,
 * and so does the first action whose preconditions don't hold.
 *
 * @throws what is no HarborError: a bug
 */
export async function act(actions: readonly Action[], context: ActContext): Promise<ActResult> {
  let endpointId: number | undefined;
  let projectId: number | undefined;
  for (const action of actions) {
    const waitsFor = action.requires?.find((precondition) => !context.holds(precondition));
    if (waitsFor !== undefined) return { kind: 'held', waitsFor };
    const startedAt = performance.now();
    try {
      if (action.kind === 'CreateEndpoint') endpointId = await createEndpoint(action, context);
      else if (action.kind === 'CreateProject') {
        projectId = await createProject(action, context, action.endpoint === 'created' ? endpointId : action.endpoint);
      } else await carryOut(action, context);
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      // Where the answer leaves open what is there now, the next look has to be a fresh one.
      if (error.mayHaveHappened || SURPRISES.has(error.kind)) context.inventory.invalidate();
      return { kind: 'failed', failed: action, error, verdict: verdictOf(error, action) };
    }
    context.onDone(action, performance.now() - startedAt);
  }
  return {
    kind: 'done',
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(projectId === undefined ? {} : { projectId }),
  };
}

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

async function createEndpoint({ endpoint }: Of<'CreateEndpoint'>, context: ActContext): Promise<number> {
  const { api, inventory, signal } = context;
  const id = await api.createEndpoint(endpoint, { signal });
  const { credentials, ...rest } = endpoint;
  const accessKey = credentials === undefined ? {} : { accessKey: credentials.accessKey };
  // Harbor has just pinged the upstream: without an answer it would have refused.
  inventory.record({ kind: 'endpointWritten', endpoint: { ...rest, ...accessKey, id, status: 'healthy' } });
  return id;
}

async function createProject(
  { project }: Of<'CreateProject'>,
  { api, inventory, signal }: ActContext,
  registryId: number | undefined,
): Promise<number> {
  if (registryId === undefined)
    throw new TypeError('The plan creates a project on an endpoint that it does not create.');
  const { name, metadata } = project;
  const id = await api.createProject({ ...project, registryId }, { signal });
  inventory.record({ kind: 'projectWritten', project: { id, name, registryId, metadata, repositoryCount: 0 } });
  return id;
}

async function carryOut(
  action: Exclude<Action, Of<'CreateEndpoint'> | Of<'CreateProject'>>,
  context: ActContext,
): Promise<void> {
  const { api, inventory, signal, view } = context;
  switch (action.kind) {
    case 'UpdateEndpoint':
      await updateEndpoint(action.id, action.update, context);
      return;
    case 'WakeEndpoint':
      // Only a PUT makes Harbor serve from the upstream again before its own check, which comes every 5 minutes.
      if (!(await api.pingEndpoint(action.id, { signal }))) return;
      await updateEndpoint(action.id, { description: action.description }, context);
      return;
    case 'DeleteEndpoint':
      await api.deleteEndpoint(action.id, { signal });
      inventory.record({ kind: 'endpointDeleted', id: action.id });
      return;
    case 'UpdateProject': {
      await api.updateProject(action.id, action.metadata, { signal });
      const project = view.projectById(action.id);
      if (project === undefined) return;
      const metadata = { ...project.metadata, ...action.metadata };
      inventory.record({ kind: 'projectWritten', project: { ...project, metadata } });
      return;
    }
    case 'UpdateQuota': {
      await api.updateQuota(action.id, action.hardBytes, { signal });
      const quota = view.quotaByProject(action.projectId);
      if (quota !== undefined)
        inventory.record({ kind: 'quotaWritten', quota: { ...quota, hardBytes: action.hardBytes } });
      return;
    }
    case 'SetRetention':
      await setRetention(action, context);
      return;
    case 'EmptyProject':
      await emptyProject(action, context);
      return;
    case 'DeleteProject':
      await api.deleteProject(action, { signal });
      inventory.record({ kind: 'projectDeleted', id: action.id });
      return;
  }
}

async function updateEndpoint(id: number, update: EndpointUpdate, context: ActContext): Promise<void> {
  const { api, inventory, signal, view } = context;
  await api.updateEndpoint(id, update, { signal });
  const before = view.endpointById(id);
  if (before !== undefined) inventory.record({ kind: 'endpointWritten', endpoint: updated(before, update) });
}

/** The endpoint after a PUT, which Harbor lets through only when the upstream answers. */
function updated(before: Endpoint, update: EndpointUpdate): Endpoint {
  const { credentials, caCertificate, name, url, description, insecure } = update;
  const { accessKey: oldKey, caCertificate: oldCertificate, ...rest } = before;
  const accessKey = credentials === undefined ? oldKey : credentials?.accessKey;
  const certificate = caCertificate === undefined ? oldCertificate : (caCertificate ?? undefined);
  return {
    ...rest,
    name: name ?? before.name,
    url: url ?? before.url,
    description: description ?? before.description,
    insecure: insecure ?? before.insecure,
    status: 'healthy',
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(certificate === undefined ? {} : { caCertificate: certificate }),
  };
}

async function setRetention(action: Of<'SetRetention'>, { api, signal }: ActContext): Promise<void> {
  const project = await api.getProject(action.projectId, { signal });
  const id = project?.retentionId;
  const { keep: daysSinceLastPull, projectId } = action;
  // Changed rather than deleted: making a new one takes a right of its own.
  if (id === undefined) await api.createRetention({ projectId, daysSinceLastPull }, { signal });
  else await api.updateRetention(id, { projectId, daysSinceLastPull }, { signal });
}

/**
 * Page by page, always the first: what was deleted moves the rest up. Not for ever: Pods may fill the project again as fast, or Harbor may say
 * deleted of what it keeps.
 */
async function emptyProject({ name }: Of<'EmptyProject'>, { api, signal }: ActContext): Promise<void> {
  const deleted = new Set<string>();
  for (;;) {
    const { items } = await api.listRepositories(name, REPOSITORIES_PER_PAGE, { signal });
    if (items.length === 0) return;
    const left = items.filter((repository) => !deleted.has(repository.name));
    if (left.length === 0 || deleted.size >= MOST_REPOSITORIES) throw notEmpty(name, deleted.size);
    for (const repository of left) {
      await api.deleteRepository(name, repository.name, { signal });
      deleted.add(repository.name);
    }
  }
}

function notEmpty(project: string, deleted: number): HarborError {
  const reason = `project ${project} still has repositories after ${deleted} were deleted`;
  const path = `/api/v2.0/projects/${encodeURIComponent(project)}/repositories`;
  return new HarborError({ kind: 'referenced', method: 'GET', path, reason });
}
