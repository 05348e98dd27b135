import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { createdId, readAs } from '../wire/read.js';
import type { NewRetention } from '../types.js';
import { retention } from '../wire/retention.js';

type RetentionCalls = Pick<HarborApi, 'getRetention' | 'createRetention' | 'updateRetention'>;

/** Six fields, seconds first: daily at midnight, as in the policy that Harbor gives a proxy project by itself. */
const DAILY = '0 0 0 * * *';

/** `/retentions`: a project's tag retention policy, whose id is in the project's metadata. */
export function retentionCalls(request: HarborRequest): RetentionCalls {
  const one = (method: Call['method'], id: number, signal?: AbortSignal): Call => ({
    method,
    route: '/retentions/{id}',
    params: { id },
    signal,
  });

  return {
    /** One that isn't there is a 500, not a 404. */
    getRetention: (id, { signal } = {}) => readAs(request, one('GET', id, signal), retention),

    /** 400 where the project has one: proxy projects are born with one. 403 to a robot with the operator's permissions. */
    async createRetention(created, { signal } = {}) {
      const call: Call = { method: 'POST', route: '/retentions', body: policy(created), signal };
      return createdId(call, await request(call));
    },

    async updateRetention(id, changed, { signal } = {}) {
      await request({ ...one('PUT', id, signal), body: { id, ...policy(changed) } });
    },
  };
}

function policy({ projectId, daysSinceLastPull }: NewRetention): object {
  const everything = { kind: 'doublestar', pattern: '**' };
  const keepsAll = daysSinceLastPull === 'all';
  const rule = {
    disabled: false,
    action: 'retain',
    // `always` keeps everything although somebody runs the policy by hand.
    ...(keepsAll
      ? { template: 'always', params: {} }
      : { template: 'nDaysSinceLastPull', params: { nDaysSinceLastPull: daysSinceLastPull } }),
    tag_selectors: [{ ...everything, decoration: 'matches', extras: '{"untagged":true}' }],
    scope_selectors: { repository: [{ ...everything, decoration: 'repoMatches' }] },
  };
  return {
    algorithm: 'or',
    rules: [rule],
    trigger: { kind: 'Schedule', settings: { cron: keepsAll ? '' : DAILY }, references: {} },
    scope: { level: 'project', ref: projectId },
  };
}
