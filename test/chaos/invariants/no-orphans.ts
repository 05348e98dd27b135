import type { Cast } from '../story/fleet.js';
import { harborOf } from './end-state.js';
import type { EndState, SeenEndpoint } from './end-state.js';
import { hasLostItsMark, stalledReason } from './invariant.js';
import type { Invariant } from './invariant.js';

/**
 * What Retain leaves is no orphan, nor is what was adopted, nor what the collector takes away after its five minutes. A stalled mirror keeps what it had, which may
 * serve; that goes with the mirror, which is looked at when all are deleted.
 */
export const noOrphans: Invariant = {
  name: 'nothing is left in Harbor of what is to be deleted',
  breaches: (end) => [...leftEndpoints(end), ...leftProjects(end)],
};

function leftEndpoints(end: EndState): readonly string[] {
  const { endpoints, fleet, mirrors, steps } = end;
  return endpoints.flatMap((endpoint) => {
    const { harbor, id, name, mark } = endpoint;
    if (mark === undefined || isInUse(end, endpoint)) return [];
    const cast = fleet.find((candidate) => candidate.name === mark.mirror);
    if (cast === undefined) return [`endpoint ${name} has the mark of ${mark.mirror}, which this run never had`];
    if (mark.endpoint === 'adopted' && (cast.handMade?.project === name || hasLostItsMark(cast, steps))) return [];
    if (!cast.leavesNothing)
      return cast.projects.includes(name) ? [] : [`endpoint ${name} of ${cast.name} has no name of its`];
    if (isStalled(end, cast)) return [];
    const isGone = !mirrors.some(({ metadata, spec }) => metadata.name === cast.name && harborOf(spec) === harbor);
    const isCollected =
      isGone &&
      mark.deletion === 'Delete' &&
      !end.projects.some((project) => project.harbor === harbor && project.registryId === id);
    return isCollected
      ? []
      : [`endpoint ${name} (${id}) is left in the ${harbor} Harbor of ${cast.name}, whose deletionPolicy is Delete`];
  });
}

function leftProjects(end: EndState): readonly string[] {
  const { projects, fleet, mirrors, steps, urls } = end;
  return projects.flatMap(({ harbor, name }) => {
    const cast = fleet.find((candidate) => candidate.projects.includes(name));
    if (cast === undefined || !cast.leavesNothing || hasLostItsMark(cast, steps)) return [];
    if (isStalled(end, cast)) return [];
    const isWanted = mirrors.some(
      ({ status }) => status.harbor?.url === urls[harbor] && status.harbor.projectName === name,
    );
    return isWanted
      ? []
      : [`project ${name} is left in the ${harbor} Harbor of ${cast.name}, whose deletionPolicy is Delete`];
  });
}

function isInUse({ mirrors, urls }: EndState, { harbor, id }: SeenEndpoint): boolean {
  return mirrors.some(({ status }) => status.harbor?.url === urls[harbor] && status.harbor.endpointID === id);
}

function isStalled({ mirrors }: EndState, { name }: Cast): boolean {
  const mirror = mirrors.find(({ metadata }) => metadata.name === name);
  return mirror !== undefined && stalledReason(mirror) !== undefined;
}
