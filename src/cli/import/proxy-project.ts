import type { HarborApi } from '../../harbor/api.js';
import { isHarborError } from '../../harbor/http/errors.js';
import { HarborInventory } from '../../harbor/inventory.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Endpoint, Project, Retention } from '../../harbor/types.js';
import type { Output } from '../output.js';

/** A proxy-cache project as it stands in Harbor. */
export interface ProxyProject {
  readonly project: Project;
  readonly endpoint: Endpoint;
  /** The other projects that pull through the same endpoint. */
  readonly sharedWith: readonly string[];
  /** Bytes, -1 for unlimited; undefined where it may not be read. */
  readonly quota?: number;
  readonly retention: Retention | 'none';
}

export interface HarborContent {
  readonly view: InventoryView;
  readonly projects: readonly ProxyProject[];
  /** Projects whose endpoint was deleted: there is nothing to mirror. */
  readonly orphans: readonly string[];
}

/**
 * Reads all proxy-cache projects of a Harbor, and nothing but reads.
 *
 * @throws HarborError
 */
export async function readHarbor(client: HarborApi, output: Output): Promise<HarborContent> {
  const inventory = new HarborInventory(client, () => performance.now());
  const view = await withQuotas(inventory, output);
  const proxies = view.projects().filter(({ registryId }) => registryId !== undefined);
  const projects: ProxyProject[] = [];
  const orphans: string[] = [];
  for (const what of view.unreadable()) output.warn(`Left out, since it can't be read: ${what}.`);
  for (const project of proxies.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    try {
      const endpoint = view.endpointById(project.registryId ?? 0);
      if (endpoint === undefined) orphans.push(project.name);
      else projects.push(await proxyProject(client, view, project, endpoint));
    } catch (error) {
      if (!isHarborError(error, 'unexpectedAnswer')) throw error;
      output.warn(`Project ${project.name} is left out: ${error.message}.`);
    }
  }
  return { view, projects, orphans };
}

async function withQuotas(inventory: HarborInventory, output: Output): Promise<InventoryView> {
  try {
    return await inventory.view({ maxAgeMs: 0, quotas: true });
  } catch (error) {
    if (!isHarborError(error, 'forbidden')) throw error;
    output.warn('The account may not list quotas: project.storageQuota is left out.');
    return await inventory.view({ maxAgeMs: 0 });
  }
}

async function proxyProject(
  client: HarborApi,
  view: InventoryView,
  project: Project,
  endpoint: Endpoint,
): Promise<ProxyProject> {
  const others = view.projectsByEndpoint(endpoint.id).filter(({ id }) => id !== project.id);
  const quota = view.quotaByProject(project.id);
  return {
    project,
    endpoint,
    sharedWith: others.map(({ name }) => name),
    retention: project.retentionId === undefined ? 'none' : await client.getRetention(project.retentionId),
    ...(quota === undefined ? {} : { quota: quota.hardBytes }),
  };
}
