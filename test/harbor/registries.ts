import type { Answer } from './answer.js';
import { badRequest, created, internal, notFound, ok, precondition } from './answer.js';
import type { Fields, Shape } from './body.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { idOf } from './call.js';
import type { Harbor } from './harbor.js';
import type { Columns } from './list.js';
import { listed, matching, parseQuery } from './list.js';
import { requireSystem } from './permissions.js';
import {
  certificateOf,
  checkName,
  keptUrl,
  requireHealthy,
  requireNameFree,
  requireStorable,
} from './registry-checks.js';
import type { PingTarget } from './registry-types.js';
import { ping } from './registry-types.js';
import type { Endpoint } from './state.js';
import { now } from './state.js';

export const mask = '*****';

const shape: Shape = {
  struct: 'Registry',
  fields: {
    name: 'string',
    description: 'string',
    type: 'string',
    url: 'string',
    insecure: 'bool',
    ca_certificate: 'string',
    credential: {
      struct: 'RegistryCredential',
      fields: { type: 'string', access_key: 'string', access_secret: 'string' },
    },
  },
};

const flatShape: Shape = {
  struct: 'RegistryUpdate',
  fields: {
    name: 'string',
    description: 'string',
    url: 'string',
    credential_type: 'string',
    access_key: 'string',
    access_secret: 'string',
    insecure: 'bool',
    ca_certificate: 'string',
  },
};

const pingShape: Shape = { struct: 'RegistryPing', fields: { ...flatShape.fields, id: 'int64', type: 'string' } };

const columns: Columns<Endpoint> = {
  id: (row) => row.id,
  name: (row) => row.name,
  type: (row) => row.type,
  url: (row) => row.url,
  description: (row) => row.description,
  creation_time: (row) => row.createdAt,
  update_time: (row) => row.updatedAt,
};

/** An endpoint as the API shows it: no empty fields, the secret masked. */
export function shown(endpoint: Endpoint): Record<string, unknown> {
  return {
    ...(endpoint.caCertificate === '' ? {} : { ca_certificate: endpoint.caCertificate }),
    creation_time: endpoint.createdAt,
    credential:
      endpoint.accessKey === ''
        ? {}
        : {
            access_key: endpoint.accessKey,
            ...(endpoint.accessSecret === '' ? {} : { access_secret: mask }),
            ...(endpoint.credentialType === '' ? {} : { type: endpoint.credentialType }),
          },
    ...described(endpoint),
  };
}

/** What Harbor shows of an endpoint wherever it does. */
export function described(endpoint: Endpoint): Record<string, unknown> {
  return {
    ...(endpoint.description === '' ? {} : { description: endpoint.description }),
    id: endpoint.id,
    ...(endpoint.insecure ? { insecure: true } : {}),
    name: endpoint.name,
    status: endpoint.status,
    type: endpoint.type,
    update_time: endpoint.updatedAt,
    url: endpoint.url,
  };
}

/** Harbor itself, as endpoint 0. */
const local = (harbor: Harbor): Record<string, unknown> => ({
  creation_time: '0001-01-01T00:00:00.000Z',
  credential: { access_secret: mask, type: 'secret' },
  id: 0,
  insecure: true,
  name: 'Local',
  status: 'healthy',
  type: 'harbor',
  update_time: '0001-01-01T00:00:00.000Z',
  url: harbor.url,
});

export function list(call: Call): Answer {
  requireSystem(call, 'registry', 'list');
  const terms = parseQuery(call.query.get('q'));
  const legacy = call.query.get('name')?.toLowerCase() ?? '';
  const rows = matching(call.harbor.state.endpoints.all(), terms, columns);
  return listed(
    call,
    rows.filter((row) => row.name.toLowerCase().includes(legacy)),
    columns,
    shown,
  );
}

export async function create(call: Call): Promise<Answer> {
  requireSystem(call, 'registry', 'create');
  const { harbor } = call;
  const fields = readBody(call, 'registry', shape);
  const credential = fields.object('credential');
  const name = fields.text('name') ?? '';
  checkName(name);
  const draft = {
    name,
    description: fields.text('description') ?? '',
    type: fields.text('type') ?? '',
    url: keptUrl(fields.text('url') ?? ''),
    insecure: fields.flag('insecure') ?? false,
    caCertificate: certificateOf(harbor, fields) ?? '',
    credentialType: credential?.text('type') ?? '',
    accessKey: credential?.text('access_key') ?? '',
    accessSecret: credential?.text('access_secret') ?? '',
  };
  // The health check comes before the look at the name, and the client may have gone by the time it ends.
  await requireHealthy(harbor, draft);
  requireNameFree(harbor, name, -1);
  requireStorable(draft);
  const time = now();
  const id = harbor.state.endpoints.nextId();
  harbor.state.endpoints.put({ id, ...draft, status: 'healthy', createdAt: time, updatedAt: time });
  return created(`/api/v2.0/registries/${id}`);
}

const found = (harbor: Harbor, id: number): Endpoint => {
  const endpoint = harbor.state.endpoints.get(id);
  if (endpoint === undefined) throw notFound(`registry ${id} not found`);
  return endpoint;
};

export function get(call: Call): Answer {
  requireSystem(call, 'registry', 'read');
  const id = idOf(call, 'id');
  return ok(id === 0 ? local(call.harbor) : shown(found(call.harbor, id)));
}

/** What a PUT leaves of an endpoint's credential: an empty access_key drops it whole. */
function mergedCredential(
  endpoint: Endpoint | undefined,
  fields: Fields,
): Pick<Endpoint, 'credentialType' | 'accessKey' | 'accessSecret'> {
  const accessKey = fields.text('access_key') ?? endpoint?.accessKey ?? '';
  if (accessKey === '' && fields.text('access_key') !== undefined) {
    return { credentialType: '', accessKey: '', accessSecret: '' };
  }
  return {
    credentialType: fields.text('credential_type') ?? endpoint?.credentialType ?? '',
    accessKey,
    accessSecret: fields.text('access_secret') ?? endpoint?.accessSecret ?? '',
  };
}

export async function update(call: Call): Promise<Answer> {
  requireSystem(call, 'registry', 'update');
  const { harbor } = call;
  const id = idOf(call, 'id');
  const fields = readBody(call, 'registry', flatShape);
  // The adapter of the local Harbor dialled a port that nothing listened on where this was recorded.
  if (id === 0) throw internal();
  const endpoint = found(harbor, id);
  const name = fields.text('name') ?? endpoint.name;
  checkName(name);
  const url = fields.text('url');
  const changed: Endpoint = {
    ...endpoint,
    name,
    description: fields.text('description') ?? endpoint.description,
    url: url === undefined ? endpoint.url : keptUrl(url),
    insecure: fields.flag('insecure') ?? endpoint.insecure,
    caCertificate: certificateOf(harbor, fields) ?? endpoint.caCertificate,
    ...mergedCredential(endpoint, fields),
    status: 'healthy',
    updatedAt: now(),
  };
  await requireHealthy(harbor, changed);
  requireNameFree(harbor, name, id);
  requireStorable(changed);
  found(harbor, id);
  harbor.state.endpoints.put(changed);
  return ok();
}

export function remove(call: Call): Answer {
  requireSystem(call, 'registry', 'delete');
  const { state } = call.harbor;
  const id = idOf(call, 'id');
  found(call.harbor, id);
  if (state.projects.find((project) => project.registryId === id) !== undefined) {
    throw precondition(`the registry ${id} is referenced by proxy cache project, cannot delete it`);
  }
  if (state.replicationPolicies.find((policy) => policy.registryId === id) !== undefined) {
    throw precondition(`the registry ${id} is referenced by replication policies, cannot delete it`);
  }
  state.endpoints.delete(id);
  return ok();
}

/** The endpoint that a ping names by id, with what the call says otherwise. */
function pingTarget(harbor: Harbor, fields: Fields, endpoint: Endpoint | undefined): PingTarget {
  const type = fields.text('type') ?? endpoint?.type ?? '';
  const url = fields.text('url') ?? endpoint?.url ?? '';
  if (type === '' || url === '') throw badRequest('type or url cannot be empty');
  return {
    type,
    url: keptUrl(url),
    insecure: fields.flag('insecure') ?? endpoint?.insecure ?? false,
    caCertificate: certificateOf(harbor, fields) ?? endpoint?.caCertificate ?? '',
    ...mergedCredential(endpoint, fields),
  };
}

export async function pingOne(call: Call): Promise<Answer> {
  requireSystem(call, 'registry', 'read');
  const { harbor } = call;
  const fields = readBody(call, 'registry', pingShape);
  const id = fields.number('id');
  if (id === 0) throw internal();
  const endpoint = id === undefined ? undefined : found(harbor, id);
  await requireHealthy(harbor, pingTarget(harbor, fields, endpoint));
  return ok();
}

export function info(call: Call): Answer {
  requireSystem(call, 'registry', 'read');
  const id = idOf(call, 'id');
  if (id === 0) throw internal();
  const { type } = found(call.harbor, id);
  const isHarbor = type === 'harbor';
  return ok({
    ...(isHarbor ? { supported_copy_by_chunk: true } : {}),
    supported_resource_filters: [
      { style: 'input', type: 'name', values: null },
      { style: 'input', type: 'tag', values: null },
      ...(isHarbor ? [{ style: 'list', type: 'label', values: null }] : []),
      { style: 'radio', type: 'resource', values: isHarbor ? ['image', 'artifact'] : ['image'] },
    ],
    supported_triggers: ['manual', 'scheduled'],
    type,
  });
}

/**
 * Harbor's own health check, which runs every 5 minutes and writes the status.
 *
 * @param host - whose endpoints are checked; default: all
 */
export async function refreshStatus(harbor: Harbor, host?: string): Promise<void> {
  const endpoints = harbor.state.endpoints
    .all()
    .filter(({ url }) => host === undefined || URL.parse(url)?.host === host);
  await Promise.all(
    endpoints.map(async (endpoint) => {
      endpoint.status = (await ping(harbor.upstreams, endpoint)) === 'healthy' ? 'healthy' : 'unhealthy';
    }),
  );
}
