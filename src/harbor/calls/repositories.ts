import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { few } from '../wire/json.js';
import { PAGE_SIZE } from '../wire/pages.js';
import { readAnswerOf, unless } from '../wire/read.js';
import { repository } from '../wire/repository.js';

/** `/projects/{project}/repositories`: takes the project's name, and lists the repositories with it in front. */
export function repositoryCalls(request: HarborRequest): Pick<HarborApi, 'listRepositories' | 'deleteRepository'> {
  return {
    async listRepositories(project, limit, { signal } = {}) {
      const call: Call = {
        method: 'GET',
        route: '/projects/{project}/repositories',
        params: { project },
        query: { page: 1, page_size: Math.min(limit, PAGE_SIZE) },
        byName: true,
        signal,
      };
      const { value, total } = await readAnswerOf(request, call, few(repository, PAGE_SIZE));
      const prefix = `${project}/`;
      const items = value.map((item) =>
        item.name.startsWith(prefix) ? { ...item, name: item.name.slice(prefix.length) } : item,
      );
      return { items, total: total ?? items.length };
    },

    /** 412 where an immutable tag rule holds it. Gone already (404) is as good. */
    async deleteRepository(project, name, { signal } = {}) {
      const route = '/projects/{project}/repositories/{repository}';
      const params = { project, repository: name };
      await unless(request({ method: 'DELETE', route, params, byName: true, signal }), 'notFound');
    },
  };
}
