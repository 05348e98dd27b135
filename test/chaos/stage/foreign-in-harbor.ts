import { OPERATOR } from '../../../src/api/group.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { asAdmin } from '../../support/world.js';
import { FOREIGN_PROJECT, ownerBefore } from '../story/fleet.js';
import type { Cast } from '../story/fleet.js';

const OF_ANOTHER_CLUSTER = `[${OPERATOR} v1 cluster=another mirror=chaos-000 endpoint=created project=created deletion=Delete]`;

/** Makes what somebody else has in a Harbor before the run: of their own, and for the upstreams of mirrors that use it or take it over. */
export async function plantIn(harbor: HarborStandIn, fleet: readonly Pick<Cast, 'host' | 'handMade'>[]): Promise<void> {
  await plantProject(harbor, FOREIGN_PROJECT, 'made by hand');
  await plantProject(harbor, 'somebodys-marked-cache', OF_ANOTHER_CLUSTER);
  await plantEndpoint(harbor, 'somebodys-endpoint', `unused ${OF_ANOTHER_CLUSTER}`);
  for (const { host, handMade } of fleet)
    if (handMade !== undefined) await plantProject(harbor, handMade.project, 'made by hand', host);
}

/** What there was before the run, as it is now. Of what is taken over only what a mirror never changes: it is the same, and where it was. */
export function foreignIn(harbor: HarborStandIn): readonly string[] {
  const endpoints = harbor.endpoints().flatMap((endpoint) => {
    const { id, name, type, url, createdAt } = endpoint;
    const owner = ownerBefore(name);
    if (owner === undefined) return [];
    // Harbor's own health check may change an endpoint's status.
    return [owner === 'is taken over' ? { id, name, type, url, createdAt } : { ...endpoint, status: 'not compared' }];
  });
  const projects = harbor.projects().flatMap((project) => {
    const { id, name, registryId, ownerName, createdAt } = project;
    const owner = name === 'library' ? 'stays somebody else’s' : ownerBefore(name);
    if (owner === undefined) return [];
    return [owner === 'is taken over' ? { id, name, registryId, ownerName, createdAt } : project];
  });
  return [...endpoints, ...projects].map((object) => JSON.stringify(object));
}

async function plantProject(
  harbor: HarborStandIn,
  name: string,
  description: string,
  host = `${name}.example.org`,
): Promise<void> {
  const endpoint = await plantEndpoint(harbor, name, description, host);
  await asAdmin(harbor, 'POST', '/projects', {
    project_name: name,
    registry_id: endpoint,
    metadata: { public: 'true' },
  });
}

async function plantEndpoint(
  harbor: HarborStandIn,
  name: string,
  description: string,
  host = `${name}.example.org`,
): Promise<number> {
  const url = `https://${host}`;
  return asAdmin(harbor, 'POST', '/registries', { name, description, url, type: 'docker-registry' });
}
