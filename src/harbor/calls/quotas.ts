import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { readPages } from '../http/read.js';
import { quota } from '../http/wire.js';

/** `/quotas`: a project's storage limit can be given with its POST and is changed only here. */
export function quotaCalls(request: HarborRequest): Pick<HarborApi, 'listQuotas' | 'findQuota' | 'updateQuota'> {
  const list = (signal: AbortSignal | undefined): Call => ({
    method: 'GET',
    route: '/quotas',
    query: { reference: 'project' },
    signal,
  });

  return {
    listQuotas: ({ signal } = {}) => readPages(request, list(signal), quota),

    async findQuota(projectId, { signal } = {}) {
      const query = { reference: 'project', reference_id: projectId };
      const found = await readPages(request, { ...list(signal), query }, quota);
      return found.find((candidate) => candidate.projectId === projectId);
    },

    /** A limit below what is used is taken: pulls go on, only caching stops. */
    async updateQuota(id, hardBytes, { signal } = {}) {
      const body = { hard: { storage: hardBytes } };
      await request({ method: 'PUT', route: '/quotas/{id}', params: { id }, body, signal });
    },
  };
}
