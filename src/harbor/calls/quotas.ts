import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { findInPages, readPages } from '../wire/pages.js';
import { quotas } from '../wire/project.js';

/** `/quotas`: a project's storage limit can be given with its POST and is changed only here. */
export function quotaCalls(request: HarborRequest): Pick<HarborApi, 'listQuotas' | 'findQuota' | 'updateQuota'> {
  const list = (signal: AbortSignal | undefined): Call => ({
    method: 'GET',
    route: '/quotas',
    query: { reference: 'project' },
    signal,
  });

  return {
    listQuotas: ({ signal } = {}) => readPages(request, list(signal), quotas),

    findQuota(projectId, { signal } = {}) {
      const call = { ...list(signal), query: { reference: 'project', reference_id: projectId } };
      const isIts = (quota: { readonly projectId?: number }): boolean => quota.projectId === projectId;
      return findInPages(request, call, quotas, isIts, (one) => one.projectId === undefined || isIts(one));
    },

    /** A limit below what is used is taken: pulls go on, only caching stops. */
    async updateQuota(id, hardBytes, { signal } = {}) {
      const body = { hard: { storage: hardBytes } };
      await request({ method: 'PUT', route: '/quotas/{id}', params: { id }, body, signal });
    },
  };
}
