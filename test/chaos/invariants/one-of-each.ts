import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { projectName } from '../../../src/api/spec/upstream-types.js';
import type { HarborName } from '../story/fleet.js';
import { harborOf } from './end-state.js';
import type { EndState, SeenEndpoint } from './end-state.js';
import { hasLostItsMark, isReady } from './invariant.js';
import type { Invariant } from './invariant.js';

export const oneOfEach: Invariant = {
  name: 'every Ready mirror has exactly one endpoint, marked as its own, and one project on it',
  breaches: (end) => end.mirrors.filter(isReady).flatMap((mirror) => doubtsAbout(mirror, end)),
};

function doubtsAbout(mirror: RegistryMirror, end: EndState): readonly string[] {
  const { name } = mirror.metadata;
  const wanted = projectName(mirror);
  const { endpointID, projectName: served, url } = mirror.status.harbor ?? {};
  const harbor = harborOf(mirror.spec);
  if (url !== end.urls[harbor]) return [`${name} is in ${url ?? 'no Harbor'}, and wants the ${harbor} one`];
  if (served !== wanted) return [`${name} has project ${served ?? 'none'} in its status, and wants ${wanted}`];
  const project = end.projects.filter(isIn(harbor)).find((candidate) => candidate.name === wanted);
  if (project === undefined) return [`${name} is Ready, and Harbor has no project ${wanted}`];
  if (project.registryId !== endpointID)
    return [`project ${wanted} of ${name} is on another endpoint than its status says`];
  const endpoints = end.endpoints.filter(isIn(harbor));
  const endpoint = endpoints.find(({ id }) => id === endpointID);
  if (endpoint !== undefined && usesAnothers(endpoint, name, wanted, end)) return [];
  if (endpoint?.mark?.mirror !== name) return [`endpoint ${endpointID ?? 'none'} of ${name} has not its mark`];
  const twins = endpoints.filter(({ name: other, mark }) => mark?.mirror === name && other.startsWith(endpoint.name));
  const same = twins.filter(({ name: other }) => other === endpoint.name || /-[0-9a-f]{8,}$/.test(other));
  return same.length === 1 ? [] : [`${name} has ${same.length} endpoints for project ${wanted}`];
}

/** With `Use`, what somebody else made has no mark, and gets none; nor does what has lost its own. */
function usesAnothers({ mark }: SeenEndpoint, mirror: string, project: string, { fleet, steps }: EndState): boolean {
  const cast = fleet.find(({ name }) => name === mirror);
  if (mark !== undefined || cast?.handMade?.adoptionPolicy !== 'Use') return false;
  return cast.handMade.project === project || hasLostItsMark(cast, steps);
}

function isIn(harbor: HarborName): (what: { readonly harbor: HarborName }) => boolean {
  return (what) => what.harbor === harbor;
}
