import { z } from 'zod';
import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { readAs } from '../wire/read.js';
import { health, systemInfo, token } from '../wire/system.js';

type SystemCalls = Pick<HarborApi, 'systemInfo' | 'health' | 'checkAccess' | 'checkTokenService'>;

/** What Harbor says about itself, and whether it works. */
export function systemCalls(request: HarborRequest): SystemCalls {
  return {
    systemInfo: ({ signal } = {}) => readAs(request, check('/systeminfo', signal), systemInfo),

    health: ({ signal } = {}) => readAs(request, { ...check('/health', signal), anonymous: true }, health),

    /** Endpoints, since their list is never given to anybody; `/projects` answers a wrong password with the public ones. */
    async checkAccess({ signal } = {}) {
      await readAs(
        request,
        { ...check('/registries', signal), query: { page: 1, page_size: 1 } },
        z.array(z.unknown()),
      );
    },

    /** Without a scope, Harbor takes the request for a login, and refuses the anonymous with 401. An empty scope is enough. */
    async checkTokenService({ signal } = {}) {
      const call = check('/service/token', signal);
      const query = { service: 'harbor-registry', scope: '' };
      await readAs(request, { ...call, query, atRoot: true, anonymous: true }, token);
    },
  };
}

function check(route: string, signal: AbortSignal | undefined): Call {
  return { method: 'GET', route, lane: 'health', signal };
}
