import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { readPages } from '../wire/pages.js';
import { readAs, unless } from '../wire/read.js';
import { createdRobot, robots } from '../wire/robot.js';

type RobotCalls = Pick<HarborApi, 'listSystemRobots' | 'listProjectRobots' | 'createRobot' | 'deleteRobot'>;

/** `/robots`: robot accounts. */
export function robotCalls(request: HarborRequest): RobotCalls {
  const list = (signal: AbortSignal | undefined): Call => ({ method: 'GET', route: '/robots', signal });

  return {
    listSystemRobots: async ({ signal } = {}) => (await readPages(request, list(signal), robots)).items,

    async listProjectRobots(projectId, { signal } = {}) {
      const q = `Level=project,ProjectID=${projectId}`;
      return (await readPages(request, { ...list(signal), query: { q } }, robots)).items;
    },

    /** 409: the name is taken. 403 where a robot asks for more than it may do itself. */
    createRobot({ name, level, description, durationDays, permissions }, { signal } = {}) {
      const body = { name, level, description, duration: durationDays, permissions };
      return readAs(request, { method: 'POST', route: '/robots', body, signal }, createdRobot);
    },

    async deleteRobot(id, { signal } = {}) {
      await unless(request({ method: 'DELETE', route: '/robots/{id}', params: { id }, signal }), 'notFound');
    },
  };
}
