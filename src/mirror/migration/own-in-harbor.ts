import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Endpoint, Project } from '../../harbor/types.js';
import { endpointName } from '../desired/desired.js';
import { ownership } from '../plan/ownership.js';
import type { Identity } from '../plan/ownership.js';
import type { RemovalView } from '../plan/plan-removal.js';

/** How old the lists may be that say which endpoints are a mirror's: each of these is read anew. */
const LISTS_MS = 60_000;

type Harbor = Pick<HarborSession, 'client' | 'inventory' | 'signal'>;

/**
 * What a mirror has in one Harbor at this moment. The lists only say where to look: its endpoints are read one by one, and so are the projects on
 * them. Lists that have to be young would be read again every second for as long as thousands of mirrors go.
 *
 * @param projectNames - of projects that may be the mirror's
 * @throws HarborError
 */
export async function ownInHarbor(
  harbor: Harbor,
  identity: Identity,
  projectNames: ReadonlySet<string>,
): Promise<RemovalView> {
  const { client, inventory, signal } = harbor;
  const view = await inventory.view({ maxAgeMs: LISTS_MS });
  const endpoints: Endpoint[] = [];
  for (const { id } of view.endpointsOwnedBy(identity.clusterId, identity.mirror)) {
    const endpoint = await client.getEndpoint(id, { signal });
    if (endpoint === undefined) inventory.record({ kind: 'endpointDeleted', id });
    else endpoints.push(endpoint);
  }
  endpoints.push(...(await unlisted(harbor, identity, projectNames, endpoints)));
  for (const endpoint of endpoints) inventory.record({ kind: 'endpointWritten', endpoint });
  const own = endpoints.filter((endpoint) => ownership(endpoint, identity).kind === 'ours');
  const projects = new Map<number, readonly Project[]>();
  for (const { id } of own) projects.set(id, await client.listProjectsOfEndpoint(id, { signal }));
  return { endpointsOwnedBy: () => own, projectsByEndpoint: (id) => projects.get(id) ?? [] };
}

/** Endpoints that may have been made since the lists were read: Harbor carries out a POST, too, that was given up on. */
async function unlisted(
  { client, signal }: Harbor,
  { clusterId }: Identity,
  projectNames: ReadonlySet<string>,
  listed: readonly Endpoint[],
): Promise<readonly Endpoint[]> {
  const found: Endpoint[] = [];
  for (const project of projectNames) {
    const names = [false, true].map((isTaken) => endpointName(project, clusterId, () => isTaken));
    if (listed.some(({ name }) => names.includes(name))) continue;
    for (const name of new Set(names)) {
      const endpoint = await client.findEndpoint(name, { signal });
      if (endpoint !== undefined) found.push(endpoint);
    }
  }
  return found;
}
