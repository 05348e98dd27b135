import type { Answer } from './answer.js';
import { badRequest, created, notFound, ok } from './answer.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { idOf } from './call.js';
import { requireSystem } from './permissions.js';

export function adapters(call: Call): Answer {
  requireSystem(call, 'replication-adapter', 'list');
  return ok(call.harbor.settings.adapters);
}

/** As much of a replication policy as blocks the deletion of the endpoint that it uses. */
export function createPolicy(call: Call): Answer {
  requireSystem(call, 'replication-policy', 'create');
  const registry = { struct: 'Registry', fields: { id: 'int64' } } as const;
  const fields = readBody(call, 'policy', {
    struct: 'ReplicationPolicy',
    fields: { name: 'string', src_registry: registry, dest_registry: registry },
  });
  const registryId = fields.object('src_registry')?.number('id') ?? fields.object('dest_registry')?.number('id') ?? 0;
  const { state } = call.harbor;
  if (state.endpoints.get(registryId) === undefined) throw badRequest(`registry ${registryId} not found`);
  const policy = state.replicationPolicies.put({
    id: state.replicationPolicies.nextId(),
    name: fields.text('name') ?? '',
    registryId,
  });
  return created(`/api/v2.0/replication/policies/${policy.id}`);
}

export function removePolicy(call: Call): Answer {
  requireSystem(call, 'replication-policy', 'delete');
  const id = idOf(call, 'id');
  if (!call.harbor.state.replicationPolicies.delete(id)) throw notFound(`policy ${id} not found`);
  return ok();
}
