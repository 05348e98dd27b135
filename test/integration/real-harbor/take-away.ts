import type { HarborClient } from '../../../src/harbor/client.js';
import { eventually } from '../../support/wait.js';
import { NOTED_MS } from './harbor-under-test.js';

/**
 * Takes everything out of Harbor whose name begins with the prefix, and the robot accounts that were made for this cluster. What was pulled a
 * moment ago is noted late: then it begins anew.
 */
export async function takeAway(client: HarborClient, prefix: string, clusterId: string): Promise<void> {
  await eventually(
    async () => {
      await deleteProjects(client, prefix);
      for (const { id, name } of (await client.listEndpoints()).items) {
        if (name.startsWith(prefix)) await client.deleteEndpoint(id);
      }
    },
    { timeoutMs: NOTED_MS, intervalMs: 500, message: `everything named ${prefix}… to be gone from Harbor` },
  );
  for (const { id, name, description } of await client.listSystemRobots()) {
    if (name.includes(prefix) || description.includes(`cluster=${clusterId}`)) await client.deleteRobot(id);
  }
}

async function deleteProjects(client: HarborClient, prefix: string): Promise<void> {
  const ours = (await client.listProjects()).items.filter(({ name }) => name.startsWith(prefix));
  for (const project of ours) {
    const { items } = await client.listRepositories(project.name, 100);
    for (const { name } of items) await client.deleteRepository(project.name, name);
    await client.deleteProject(project);
  }
}
