import type { RegistryMirrorSpec, HarborStatus } from '../../api/registry-mirror.js';
import { REASONS } from '../../api/reasons.js';
import { formatMark } from '../../harbor/mark.js';
import type { Mark, Origin } from '../../harbor/mark.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Endpoint, Project, Retention } from '../../harbor/types.js';
import type { Action, EndpointRef } from './actions.js';
import type { Desired } from '../desired.js';
import { keeps } from '../project-limits.js';
import { differingSettings, supportedSettings } from '../project-settings.js';
import { endpointName, sameHost, sameUrl, servesType } from '../desired.js';
import { deletionOf, newMark, planEndpointUpdate } from './plan-endpoint.js';
import type { Precondition } from './preconditions.js';
import { privateLast } from './privacy.js';
import type { Privacy } from './privacy.js';
import { describeOwner, ownership } from './ownership.js';
import type { Identity, Ownership } from './ownership.js';
import { READY, stalled } from '../../api/verdict.js';
import type { Verdict } from '../../api/verdict.js';

const NONE: ReadonlySet<string> = new Set();

/** What Harbor holds, as far as planning needs it. */
export type HarborView = Omit<InventoryView, 'readAt' | 'projects' | 'projectById' | 'unreadable'>;

export interface PlanInput {
  readonly desired: Desired;
  readonly identity: Identity;
  readonly adoptionPolicy: RegistryMirrorSpec['adoptionPolicy'];
  /** What the status says was there. */
  readonly known: HarborStatus | undefined;
  readonly view: HarborView;
  /** What must hold before a public project is made private; undefined: nothing. */
  readonly privacy?: Privacy;
  /** The project's retention policy; undefined: not managed, or not read. */
  readonly retention?: Retention | 'none';
  /** Fields of the spec that this Harbor lacks. */
  readonly unsupported?: ReadonlySet<string>;
}

/** What has to be written to Harbor, and how the mirror stands once that is done. */
export interface HarborPlan {
  readonly actions: readonly Action[];
  readonly verdict: Verdict;
  readonly endpoint?: Endpoint;
  readonly project?: Project;
  /** How the mirror holds its endpoint and project; undefined while it has none. */
  readonly hold?: 'created' | 'adopted' | 'used';
  /** The project is public until this holds. */
  readonly waitsFor?: Precondition;
  /** Something of an earlier project of the mirror's can go in so many ms. */
  readonly retireInMs?: number;
}

/** Decides what to write to Harbor so that it is as the mirror says. Pure. */
export function planHarbor(input: PlanInput): HarborPlan {
  const project = input.view.projectByName(input.desired.projectName);
  if (project === undefined) return planCreation(input);
  const plan = planExisting(input, project);
  return { ...plan, ...privateLast(plan.actions, project, input.privacy) };
}

function planCreation(input: PlanInput): HarborPlan {
  const { desired, view, identity } = input;
  const spares = spareEndpoints(input);
  const spare = spares.find(({ endpoint, mark }) => servesType(desired, endpoint, mark)) ?? spares.find(isCreated);
  const createProject = (endpoint: EndpointRef): Action => ({
    kind: 'CreateProject',
    endpoint,
    project: {
      name: desired.projectName,
      metadata: supportedSettings(desired.metadata, input.unsupported ?? NONE),
      ...(desired.storageLimit === undefined ? {} : { storageLimit: desired.storageLimit }),
    },
  });
  const hold = 'created';
  if (spare !== undefined && servesType(desired, spare.endpoint, spare.mark)) {
    // The project is made anew, even where the endpoint, or the project before, was adopted.
    const update = planEndpointUpdate(input, spare.endpoint, { ...spare.mark, project: 'created' });
    return { actions: [...update, createProject(spare.endpoint.id)], verdict: READY, endpoint: spare.endpoint, hold };
  }
  const replaced = spare?.mark.endpoint === 'created' ? spare.endpoint : undefined;
  const name = endpointName(desired.projectName, identity.clusterId, (taken) => {
    const holder = view.endpointByName(taken);
    return holder !== undefined && holder.id !== replaced?.id;
  });
  const { credentials, caCertificate } = desired.secrets;
  const mark = {
    ...newMark(identity, 'created', desired.secrets.hmac),
    ...(desired.instead === undefined ? {} : { instead: desired.instead }),
    ...deletionOf(desired),
  };
  const createEndpoint: Action = {
    kind: 'CreateEndpoint',
    endpoint: {
      name,
      type: desired.endpointType,
      url: desired.url,
      insecure: desired.insecure,
      description: formatMark(desired.description ?? '', mark),
      ...(credentials === undefined ? {} : { credentials }),
      ...(caCertificate === undefined ? {} : { caCertificate }),
    },
  };
  const deletion =
    replaced === undefined ? [] : [deleteEndpoint(replaced, 'its type is another and no project uses it')];
  return { actions: [...deletion, createEndpoint, createProject('created')], verdict: READY, hold };
}

interface SpareEndpoint {
  readonly endpoint: Endpoint;
  readonly mark: Mark;
}

/** Endpoints of this mirror's that have no project: left by a crash, or by a project that was deleted by hand. */
function spareEndpoints({ view, identity }: PlanInput): readonly SpareEndpoint[] {
  return view.endpoints().flatMap((endpoint) => {
    const owner = ownership(endpoint, identity);
    return owner.kind === 'ours' && view.projectsByEndpoint(endpoint.id).length === 0
      ? [{ endpoint, mark: owner.mark }]
      : [];
  });
}

/** Only what this operator made is ever deleted. */
function isCreated({ mark }: SpareEndpoint): boolean {
  return mark.endpoint === 'created';
}

function planExisting(input: PlanInput, project: Project): HarborPlan {
  const { view, known } = input;
  const stop = (verdict: Verdict, actions: readonly Action[] = []): HarborPlan => ({ actions, verdict });
  if (project.registryId === undefined) {
    return stop(
      stalled(
        REASONS.projectNotProxy,
        `Project ${project.name} exists in Harbor and is no proxy cache. Set spec.project.name to another name.`,
      ),
      takeBack(input),
    );
  }
  const endpoint = view.endpointById(project.registryId);
  if (endpoint === undefined) {
    const message =
      `The endpoint of project ${project.name} was deleted, and Harbor can't give a project another one. ` +
      'Delete the project in Harbor, or set spec.project.name to a new name.';
    const stopped = stop(stalled(REASONS.endpointMissing, message));
    return known?.projectID === project.id ? { ...stopped, project, hold: 'created' } : stopped;
  }
  const owner = ownership(endpoint, input.identity);
  if (owner.kind === 'ours') return planOwned(input, project, endpoint, owner);
  if (input.adoptionPolicy === 'Use') return planUsed(input, project, endpoint);
  if (owner.kind === 'others') {
    const message =
      `Project ${project.name} belongs to ${describeOwner(owner.mark, input.identity)}. ` +
      'Set spec.adoptionPolicy to Use to pull through it, or spec.project.name to another name.';
    return stop(stalled(REASONS.projectNotOurs, message), takeBack(input));
  }
  if (input.adoptionPolicy === 'Adopt') return planAdoption(input, project, endpoint);
  const erased = known?.endpointID === endpoint.id && known.projectID === project.id;
  const message = erased
    ? `The mark of this mirror was erased from the description of endpoint ${endpoint.name}. ` +
      'Set spec.adoptionPolicy to Adopt to write it again.'
    : `Project ${project.name} exists in Harbor and wasn't made by this operator. Set spec.adoptionPolicy to Use or Adopt, ` +
      'or spec.project.name to another name.';
  return erased
    ? { ...stop(stalled(REASONS.markMissing, message)), endpoint, project, hold: 'created' }
    : stop(stalled(REASONS.projectNotOurs, message), takeBack(input));
}

/**
 * An endpoint of ours that no project uses is taken away: its project turned out to be someone else's, or a POST that we gave
 * up on was carried out after all.
 */
function takeBack(input: PlanInput): readonly Action[] {
  return spareEndpoints(input)
    .filter(isCreated)
    .map(({ endpoint }) => deleteEndpoint(endpoint, 'no project uses it'));
}

function deleteEndpoint(endpoint: Endpoint, why: string): Action {
  return { kind: 'DeleteEndpoint', id: endpoint.id, name: endpoint.name, why };
}

function planUsed(input: PlanInput, project: Project, endpoint: Endpoint): HarborPlan {
  const { desired } = input;
  const matches =
    desired.endpointType === 'docker-hub' ? endpoint.type === 'docker-hub' : sameUrl(endpoint.url, desired.url);
  const verdict = matches
    ? READY
    : stalled(
        REASONS.upstreamMismatch,
        `Project ${project.name} caches ${endpoint.url}, not ${desired.url}. Set spec.project.name to another name.`,
      );
  const actions = takeBack(input);
  return matches ? { actions, verdict, endpoint, project, hold: 'used' } : { actions, verdict };
}

function planAdoption(input: PlanInput, project: Project, endpoint: Endpoint): HarborPlan {
  const problem = changeThatHarborCannotMake(input, project, endpoint) ?? sharedEndpoint(input, project, endpoint);
  if (problem !== undefined) return { actions: [], verdict: problem };
  const mark = newMark(input.identity, 'adopted');
  return {
    actions: [
      ...planEndpointUpdate(input, endpoint, mark),
      ...projectUpdates(input, project, 'adopted'),
      ...takeBack(input),
    ],
    verdict: READY,
    endpoint,
    project,
    hold: 'adopted',
  };
}

function planOwned(
  input: PlanInput,
  project: Project,
  endpoint: Endpoint,
  owner: Extract<Ownership, { kind: 'ours' }>,
): HarborPlan {
  const hold = owner.mark.project;
  const problem = changeThatHarborCannotMake(input, project, endpoint, owner.mark);
  if (problem !== undefined) return { actions: [], verdict: problem, endpoint, project, hold };
  const update = planEndpointUpdate(input, endpoint, owner.mark);
  const shared = update.length > 0 ? sharedEndpoint(input, project, endpoint) : undefined;
  if (shared !== undefined) return { actions: [], verdict: shared, endpoint, project, hold };
  const actions = [...update, ...projectUpdates(input, project, hold), ...takeBack(input)];
  return { actions, verdict: READY, endpoint, project, hold };
}

/** Harbor answers 200 to these changes and ignores them, or would mix two upstreams in one cache. */
function changeThatHarborCannotMake(
  input: PlanInput,
  project: Project,
  endpoint: Endpoint,
  mark?: Mark,
): Verdict | undefined {
  const { desired } = input;
  const wayOut = 'Set spec.project.name to a new name to move to a new project.';
  if (!servesType(desired, endpoint, mark)) {
    const wanted = desired.endpointType;
    const message = `Endpoint ${endpoint.name} has the type ${endpoint.type}, and Harbor can't change it to ${wanted}. ${wayOut}`;
    return stalled(REASONS.endpointTypeChanged, message);
  }
  if (endpoint.type !== 'docker-hub' && !sameHost(endpoint.url, desired.url)) {
    const message = `Project ${project.name} caches ${endpoint.url}; another upstream (${desired.url}) would mix with it. ${wayOut}`;
    return stalled(REASONS.upstreamChanged, message);
  }
  return undefined;
}

/** An endpoint that other projects pull through, too, is never written to: their owners didn't ask for it. */
function sharedEndpoint(input: PlanInput, project: Project, endpoint: Endpoint): Verdict | undefined {
  const others = input.view.projectsByEndpoint(endpoint.id).filter((other) => other.id !== project.id);
  if (others.length === 0) return undefined;
  const names = others.map((other) => other.name).join(', ');
  return stalled(
    REASONS.endpointShared,
    `Endpoint ${endpoint.name} also serves ${names} and isn't written to. Set spec.adoptionPolicy to Use, ` +
      'or spec.project.name to a new name.',
  );
}

function projectUpdates(input: PlanInput, project: Project, origin: Origin): readonly Action[] {
  const { desired, view } = input;
  // What was somebody's own before isn't opened to everybody by a default.
  const isLeft = (key: string): boolean => key === 'public' && origin === 'adopted' && !desired.statesPublic;
  const wanted = Object.fromEntries(Object.entries(desired.metadata).filter(([key]) => !isLeft(key)));
  const actions: Action[] = [];
  const metadata = differingSettings(wanted, project.metadata, input.unsupported ?? NONE);
  if (Object.keys(metadata).length > 0) {
    actions.push({ kind: 'UpdateProject', id: project.id, name: project.name, metadata });
  }
  const quota = view.quotaByProject(project.id);
  if (desired.storageLimit !== undefined && quota !== undefined && quota.hardBytes !== desired.storageLimit) {
    actions.push({
      kind: 'UpdateQuota',
      id: quota.id,
      project: project.name,
      projectId: project.id,
      hardBytes: desired.storageLimit,
    });
  }
  const keep = desired.retention;
  if (keep !== undefined && input.retention !== undefined && !keeps(input.retention, keep)) {
    actions.push({ kind: 'SetRetention', project: project.name, projectId: project.id, keep });
  }
  return actions;
}
