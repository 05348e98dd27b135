import type { Answer } from './answer.js';
import { badRequest, notFound, ok } from './answer.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { idOf } from './call.js';
import type { Columns } from './list.js';
import { listed } from './list.js';
import { requireSystem } from './permissions.js';
import type { Quota } from './state.js';
import { now } from './state.js';

const most = 1024 ** 5;

/** @throws Refusal 400 unless the limit is -1 or between 1 and 1024 TB. */
export function checkHard(value: number, prefix = ''): void {
  if (value !== -1 && value <= 0)
    throw badRequest(`${prefix}invalid non-positive value for quota limit, value=${value}`);
  if (value > most) throw badRequest(`${prefix}exceeded 1024TB, which is ${most} Bytes, value=${value}`);
}

function shown(call: Call, quota: Quota): Record<string, unknown> {
  const { state } = call.harbor;
  return {
    creation_time: quota.createdAt,
    hard: { storage: quota.hard },
    id: quota.id,
    ref: { id: quota.projectId, name: state.projects.get(quota.projectId)?.name ?? '', owner_name: '' },
    update_time: quota.updatedAt,
    used: { storage: state.usedBy(quota.projectId) },
  };
}

// `sort` understands hard.storage and used.storage only; any other leaves the newest first.
const columns: Columns<Quota> = { 'hard.storage': (row) => row.hard };

export function list(call: Call): Answer {
  requireSystem(call, 'quota', 'list');
  const reference = call.query.get('reference');
  const id = call.query.get('reference_id');
  const rows = call.harbor.state.quotas.filter(
    (row) => (reference === null || reference === 'project') && (id === null || String(row.projectId) === id),
  );
  const order = rows.sort((one, other) => other.id - one.id);
  return listed(call, order, columns, (quota) => shown(call, quota));
}

const found = (call: Call): Quota => {
  const id = idOf(call, 'id');
  const quota = call.harbor.state.quotas.get(id);
  if (quota === undefined) throw notFound(`quota ${id} not found`);
  return quota;
};

export function get(call: Call): Answer {
  requireSystem(call, 'quota', 'read');
  // A single quota is answered without the time of its last change.
  return ok({ ...shown(call, found(call)), update_time: '0001-01-01T00:00:00.000Z' });
}

/** A limit below what is used is taken: pulls then go on, and only caching stops. */
export function update(call: Call): Answer {
  requireSystem(call, 'quota', 'update');
  const fields = readBody(call, 'hard', {
    struct: 'QuotaUpdateReq',
    fields: { hard: { struct: 'ResourceList', fields: {} } },
  });
  const quota = found(call);
  const hard = fields.object('hard');
  if (hard === undefined || hard.names().length === 0) throw badRequest('hard required in body');
  const foreign = hard.names().find((name) => name !== 'storage');
  if (foreign !== undefined) throw badRequest(`resource ${foreign} not support`);
  const storage = hard.number('storage') ?? 0;
  checkHard(storage);
  call.harbor.state.quotas.put({ ...quota, hard: storage, updatedAt: now() });
  return ok();
}
