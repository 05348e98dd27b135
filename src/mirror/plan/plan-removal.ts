import type { Endpoint, Project } from '../../harbor/types.js';
import type { Mark } from '../../harbor/mark.js';
import type { Action } from './actions.js';
import { endpointName } from '../desired/desired.js';
import { ownership } from './ownership.js';
import type { Identity } from './ownership.js';
import type { HarborView } from './plan-input.js';
import type { Precondition } from './preconditions.js';

/** What a mirror that goes away leaves behind on purpose, for its last Event. */
export interface RemovalPlan {
  readonly actions: readonly Action[];
  /** What stays in Harbor although it is this mirror's, and why. */
  readonly left: readonly string[];
}

/** What a mirror has, as far as its removal needs it. */
export type RemovalView = Pick<HarborView, 'endpointsOwnedBy' | 'projectsByEndpoint'>;

/** What is to go. */
interface RemovalInput {
  /** The names that a project of this mirror's has or had; an endpoint's own name counts as well. */
  readonly projectNames: ReadonlySet<string>;
  /** The project that is in use now, when an old one is retired; undefined when the mirror goes. */
  readonly keep?: Pick<Project, 'registryId'>;
  /** What must hold before an endpoint with these projects goes. */
  readonly requires: (projects: readonly Project[]) => readonly Precondition[];
}

/**
 * What to delete in Harbor: all that this mirror created, except what is current. What was adopted stays, as do projects that
 * someone else made on our endpoint (which then stays, too). Pure.
 */
export function planRemoval(
  view: RemovalView,
  identity: Identity,
  { projectNames, keep, requires }: RemovalInput,
): RemovalPlan {
  const actions: Action[] = [];
  const left: string[] = [];
  for (const endpoint of view.endpointsOwnedBy(identity.clusterId, identity.mirror)) {
    const owner = ownership(endpoint, identity);
    if (owner.kind !== 'ours' || endpoint.id === keep?.registryId) continue;
    const projects = view.projectsByEndpoint(endpoint.id);
    const removal = removeEndpoint(endpoint, owner.mark, projects, identity, projectNames);
    actions.push(...removal.actions.map((action) => ({ ...action, requires: requires(projects) })));
    left.push(...removal.left);
  }
  return { actions, left };
}

function removeEndpoint(
  endpoint: Endpoint,
  mark: Mark,
  projects: readonly Project[],
  identity: Identity,
  projectNames: ReadonlySet<string>,
): RemovalPlan {
  const actions: Action[] = [];
  const left: string[] = [];
  for (const project of projects) {
    const ours = projectNames.has(project.name) || isNamedAfter(endpoint, project, identity);
    if (!ours) left.push(`project ${project.name} (made by someone else on our endpoint)`);
    else if (mark.project === 'adopted') left.push(`project ${project.name} (adopted)`);
    else actions.push(...removeProject(project));
  }
  if (mark.endpoint === 'adopted') left.push(`endpoint ${endpoint.name} (adopted)`);
  else if (left.length > 0) left.push(`endpoint ${endpoint.name} (still used)`);
  else actions.push({ kind: 'DeleteEndpoint', id: endpoint.id, name: endpoint.name, why: 'its mirror is gone' });
  return { actions, left };
}

/** Whether the endpoint was made for this project: its name says so, with a hash or without. */
function isNamedAfter(endpoint: Endpoint, project: Project, { clusterId }: Identity): boolean {
  return endpoint.name === project.name || endpoint.name === endpointName(project.name, clusterId, () => true);
}

function removeProject({ id, name }: Project): readonly Action[] {
  return [
    { kind: 'EmptyProject', id, name },
    { kind: 'DeleteProject', id, name },
  ];
}
