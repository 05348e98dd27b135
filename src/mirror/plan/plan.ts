import { REASONS } from '../../api/reasons.js';
import type { Mark } from '../../harbor/mark.js';
import type { Endpoint, Project } from '../../harbor/types.js';
import type { Action } from './actions.js';
import { hostOf, sameHost, sameUrl, servesType } from '../desired/desired.js';
import { newMark, planEndpointUpdate } from './plan-endpoint.js';
import { filterLast } from './narrowing.js';
import { privateLast } from './privacy.js';
import { describeOwner, ownership } from './ownership.js';
import type { Ownership } from './ownership.js';
import { READY, stalled } from '../../api/verdict.js';
import type { Verdict } from '../../api/verdict.js';

import { planCreation, takeBack } from './plan-creation.js';
import type { HarborPlan, PlanInput } from './plan-input.js';
import { projectUpdates } from './plan-project.js';

/** Decides what to write to Harbor so that it is as the mirror says. Pure. */
export function planHarbor(input: PlanInput): HarborPlan {
  const project = input.view.projectByName(input.desired.projectName);
  if (project === undefined) return planCreation(input);
  const plan = planExisting(input, project);
  const filtered = filterLast(plan.actions, project.metadata, input.narrowing);
  return { ...plan, ...filtered, ...privateLast(filtered.actions, project, input.privacy) };
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
  // An endpoint that was made for this very upstream was edited by hand since, and is given it back.
  const isOfUpstream = sameHost(endpoint.url, desired.url) || mark?.upstream === hostOf(desired.url);
  if (endpoint.type !== 'docker-hub' && !isOfUpstream) {
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
