import { z } from 'zod';
import type { HarborApi } from './api.js';
import type { HarborRequest } from './http/call.js';
import { readPages } from './http/read.js';

const identified = z.object({ id: z.number() });
const projectIdentified = z.object({ project_id: z.number() }).transform(({ project_id: id }) => ({ id }));

/** What is there at all: the short lists. */
export function presenceCalls(request: HarborRequest): Pick<HarborApi, 'listPresent'> {
  return {
    async listPresent({ signal } = {}) {
      const short = { with_detail: 'false' };
      const [endpoints, projects] = await Promise.all([
        readPages(request, { method: 'GET', route: '/registries', signal }, identified),
        readPages(request, { method: 'GET', route: '/projects', query: short, signal }, projectIdentified),
      ]);
      const ids = (items: readonly { readonly id: number }[]): ReadonlySet<number> =>
        new Set(items.map(({ id }) => id));
      return { endpoints: ids(endpoints), projects: ids(projects) };
    },
  };
}
