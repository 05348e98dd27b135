import { projectName } from '../../../src/api/spec/upstream-types.js';
import type { HarborName } from '../story/fleet.js';
import { harborOf } from './end-state.js';
import { isReady } from './invariant.js';
import type { Invariant } from './invariant.js';

export const oneOfEach: Invariant = {
  name: 'every Ready mirror has exactly one endpoint, marked as its own, and one project on it',
  breaches: ({ mirrors, urls, ...all }) =>
    mirrors.filter(isReady).flatMap((mirror) => {
      const { name } = mirror.metadata;
      const wanted = projectName(mirror);
      const { endpointID, projectName: served, url } = mirror.status.harbor ?? {};
      const harbor = harborOf(mirror.spec);
      if (url !== urls[harbor]) return [`${name} is in ${url ?? 'no Harbor'}, and wants the ${harbor} one`];
      const [endpoints, projects] = [all.endpoints.filter(isIn(harbor)), all.projects.filter(isIn(harbor))];
      if (served !== wanted) return [`${name} has project ${served ?? 'none'} in its status, and wants ${wanted}`];
      const project = projects.find((candidate) => candidate.name === wanted);
      if (project === undefined) return [`${name} is Ready, and Harbor has no project ${wanted}`];
      if (project.registryId !== endpointID)
        return [`project ${wanted} of ${name} is on another endpoint than its status says`];
      const endpoint = endpoints.find(({ id }) => id === endpointID);
      if (endpoint?.mark?.mirror !== name) return [`endpoint ${endpointID ?? 'none'} of ${name} has not its mark`];
      const twins = endpoints.filter(
        ({ name: other, mark }) => mark?.mirror === name && other.startsWith(endpoint.name),
      );
      const same = twins.filter(({ name: other }) => other === endpoint.name || /-[0-9a-f]{8,}$/.test(other));
      return same.length === 1 ? [] : [`${name} has ${same.length} endpoints for project ${wanted}`];
    }),
};

function isIn(harbor: HarborName): (what: { readonly harbor: HarborName }) => boolean {
  return (what) => what.harbor === harbor;
}
