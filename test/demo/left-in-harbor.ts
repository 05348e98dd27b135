import type { DemoHarbor } from './harbor.js';

/**
 * The proxy-cache projects in Harbor that belong to the demo's mirrors, each with the number of cached repositories.
 *
 * @param names the projects' names.
 */
export async function leftInHarbor({ client }: DemoHarbor, names: ReadonlySet<string>): Promise<readonly string[]> {
  const { items } = await client.listProjects();
  const projects = items.filter(({ name }) => names.has(name));
  return Promise.all(
    projects.map(async ({ name }) => {
      const { total } = await client.listRepositories(name, 1);
      return `${name} (${total} cached)`;
    }),
  );
}
