import { z } from 'zod';
import type { HarborApi } from '../api.js';
import type { HarborRequest } from '../http/call.js';
import type { Listing } from '../types.js';
import { id } from '../wire/json.js';
import type { ListedKind } from '../wire/listing.js';
import { readPages } from '../wire/pages.js';

type Identified = ListedKind<{ readonly id: number }>;
type Checked = ListedKind<{ readonly id: number; readonly status?: unknown }>;
const nothing = z.unknown().transform(() => ({}));
const endpoints: Checked = { noun: 'endpoint', whole: z.object({ id, status: z.unknown() }), traces: nothing };
const projects: Identified = {
  noun: 'project',
  whole: z.object({ project_id: id }).transform((wire) => ({ id: wire.project_id })),
  traces: nothing,
};

/** What is there at all, and how its upstreams stand: the short lists. */
export function presenceCalls(request: HarborRequest): Pick<HarborApi, 'listPresent'> {
  return {
    async listPresent({ signal } = {}) {
      const short = { with_detail: 'false' };
      const [endpointList, projectList] = await Promise.all([
        readPages(request, { method: 'GET', route: '/registries', signal }, endpoints),
        readPages(request, { method: 'GET', route: '/projects', query: short, signal }, projects),
      ]);
      const ids = ({ items }: Listing<{ readonly id: number }>): ReadonlySet<number> =>
        new Set(items.map((item) => item.id));
      const items = endpointList.items.filter(({ status }) => status === 'unhealthy');
      return {
        endpoints: ids(endpointList),
        unhealthy: ids({ ...endpointList, items }),
        projects: ids(projectList),
      };
    },
  };
}
