import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { readAs, readPages, unless } from '../http/read.js';
import { createdRobot, robot, robotSecret } from '../http/wire.js';

type RobotCalls = Pick<
  HarborApi,
  'listSystemRobots' | 'listProjectRobots' | 'createRobot' | 'refreshRobotSecret' | 'deleteRobot'
>;

/** `/robots`: robot accounts. */
export function robotCalls(request: HarborRequest): RobotCalls {
  const list = (signal: AbortSignal | undefined): Call => ({ method: 'GET', route: '/robots', signal });

  return {
    listSystemRobots: ({ signal } = {}) => readPages(request, list(signal), robot),

    listProjectRobots(projectId, { signal } = {}) {
      const q = `Level=project,ProjectID=${projectId}`;
      return readPages(request, { ...list(signal), query: { q } }, robot);
    },

    /** 409: the name is taken. 403 where a robot asks for more than it may do itself. */
    createRobot({ name, level, description, durationDays, permissions }, { signal } = {}) {
      const body = { name, level, description, duration: durationDays, permissions };
      return readAs(request, { method: 'POST', route: '/robots', body, signal }, createdRobot);
    },

    /** An empty secret asks Harbor to make one. */
    async refreshRobotSecret(id, { signal } = {}) {
      const call: Call = { method: 'PATCH', route: '/robots/{id}', params: { id }, body: { secret: '' }, signal };
      return (await readAs(request, call, robotSecret)).secret;
    },

    async deleteRobot(id, { signal } = {}) {
      await unless(request({ method: 'DELETE', route: '/robots/{id}', params: { id }, signal }), 'notFound');
    },
  };
}
