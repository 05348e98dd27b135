import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { isHarborError } from '../http/errors.js';
import { findInPages, readPages, unreadableItem } from '../wire/pages.js';
import { createdId, exactName, readAs, readIfThere, unless } from '../wire/read.js';
import type { Project } from '../types.js';
import { deletable, project, projects } from '../wire/project.js';

type ProjectCalls = Pick<
  HarborApi,
  | 'listProjects'
  | 'listProjectsOfEndpoint'
  | 'findProject'
  | 'getProject'
  | 'projectExists'
  | 'createProject'
  | 'updateProject'
  | 'deleteProject'
  | 'projectDeletionBlocker'
>;

/** `/projects`: by id wherever the id is known, since a name may be another project's by now. */
export function projectCalls(request: HarborRequest): ProjectCalls {
  // With detail: the short form has no metadata.
  const list: Call = { method: 'GET', route: '/projects' };
  const one = (method: Call['method'], id: number, route = '', signal?: AbortSignal): Call => ({
    method,
    route: `/projects/{id}${route}`,
    params: { id },
    signal,
  });

  /** The list and not GET /projects/{name}: that answers a robot 403 for a project that isn't there. */
  function findProject(name: string, signal?: AbortSignal): Promise<Project | undefined> {
    const q = exactName(name);
    const call = { ...list, query: q === undefined ? {} : { q }, signal };
    const isIt = (one: { readonly name?: string }): boolean => one.name === name;
    return findInPages(request, call, projects, isIt, (one) => one.name === undefined || isIt(one));
  }

  return {
    listProjects: ({ signal } = {}) => readPages(request, { ...list, signal }, projects),

    async listProjectsOfEndpoint(registryId, { signal } = {}) {
      const call = { ...list, query: { q: `registry_id=${registryId}` }, signal };
      const { items, unreadable } = await readPages(request, call, projects);
      const doubtful = unreadable.find(({ endpointId }) => endpointId === undefined || endpointId === registryId);
      if (doubtful !== undefined) throw unreadableItem(call, projects.noun, doubtful);
      // A key that a Harbor doesn't know is ignored: then all projects come back.
      return items.filter((candidate) => candidate.registryId === registryId);
    },

    findProject: (name, { signal } = {}) => findProject(name, signal),

    /** A robot gets 403 (`forbidden`) for a project that isn't there; who needs to know asks by name. */
    getProject: (id, { signal } = {}) => readIfThere(request, one('GET', id, '', signal), project),

    /** HEAD answers 404 to a robot, too. */
    async projectExists(name, { signal } = {}) {
      const call: Call = { method: 'HEAD', route: '/projects', query: { project_name: name }, signal };
      return (await unless(request(call), 'notFound')) !== undefined;
    },

    /**
     * Doesn't ping the upstream. 409: the name is taken. 400 `unsupported registry type`: no proxy cache of this type. 500: the endpoint
     * isn't there, or Harbor's jobservice or Redis is down; nothing stays behind then.
     */
    async createProject({ name, registryId, storageLimit, metadata }, { signal } = {}) {
      const body = { project_name: name, registry_id: registryId, storage_limit: storageLimit, metadata };
      const call: Call = { method: 'POST', route: '/projects', body, signal };
      return createdId(call, await request(call));
    },

    /** PUT doesn't check the values (`public: maybe` is a 200). Two at once for one project: 409 or 500. */
    async updateProject(id, metadata, { signal } = {}) {
      await request({ ...one('PUT', id, '', signal), body: { metadata } });
    },

    /** 412 while it has repositories. Gone already is as good: 404, or to a robot 403. */
    async deleteProject({ id, name }, { signal } = {}) {
      try {
        await unless(request(one('DELETE', id, '', signal)), 'notFound');
      } catch (error) {
        if (!isHarborError(error, 'forbidden') || (await findProject(name, signal))?.id === id) throw error;
      }
    },

    async projectDeletionBlocker(id, { signal } = {}) {
      const answer = await readAs(request, one('GET', id, '/_deletable', signal), deletable);
      return answer.deletable === true ? undefined : answer.message;
    },
  };
}
