import type { HarborApi } from '../api.js';
import type { Call, HarborRequest } from '../http/call.js';
import { findInPages, readPages } from '../wire/pages.js';
import { createdId, exactName, readIfThere, unless } from '../wire/read.js';
import type { Credentials } from '../../credentials/credentials.js';
import type { NewEndpoint } from '../types.js';
import { endpoint, endpoints } from '../wire/endpoint.js';

type RegistryCalls = Pick<
  HarborApi,
  | 'listEndpoints'
  | 'findEndpoint'
  | 'getEndpoint'
  | 'createEndpoint'
  | 'updateEndpoint'
  | 'deleteEndpoint'
  | 'pingEndpoint'
>;

/** `/registries`: the endpoints. */
export function registryCalls(request: HarborRequest): RegistryCalls {
  // Unsorted, an endpoint that is updated while the pages are read moves to the end and another one out of sight.
  const sorted = { sort: 'creation_time' };
  const list: Call = { method: 'GET', route: '/registries', query: sorted };
  const one = (method: Call['method'], id: number, signal?: AbortSignal): Call => ({
    method,
    route: '/registries/{id}',
    params: { id },
    signal,
  });

  return {
    listEndpoints: ({ signal } = {}) => readPages(request, { ...list, signal }, endpoints),

    findEndpoint(name, { signal } = {}) {
      const q = exactName(name);
      // What can't be asked for by name is looked for among all.
      const call = { ...list, query: q === undefined ? sorted : { q }, signal };
      const isIt = (one: { readonly name?: string }): boolean => one.name === name;
      return findInPages(request, call, endpoints, isIt, (one) => one.name === undefined || isIt(one));
    },

    getEndpoint: (id, { signal } = {}) => readIfThere(request, one('GET', id, signal), endpoint),

    /**
     * Pings the upstream first: 400 `the registry is unhealthy`, for some types 500. The ping comes before the check of the name (409), and
     * a call that was given up on may still create the endpoint later.
     */
    async createEndpoint(created, { signal } = {}) {
      const call: Call = { method: 'POST', route: '/registries', body: newEndpoint(created), lane: 'upstream', signal };
      return createdId(call, await request(call));
    },

    /**
     * PUT is partial and flat: Harbor ignores (200!) a nested `credential` as POST takes it. It pings the upstream whatever the change;
     * on success the endpoint's status is healthy at once.
     */
    async updateEndpoint(id, update, { signal } = {}) {
      const { name, url, description, insecure, credentials, caCertificate } = update;
      const body = {
        name,
        url,
        description,
        insecure,
        ...(credentials === undefined ? {} : flatCredentials(credentials)),
        ca_certificate: caCertificate === null ? '' : caCertificate,
      };
      await request({ ...one('PUT', id, signal), body, lane: 'upstream' });
    },

    /** 412 while a proxy project or a replication rule uses it; gone already (404) is as good. */
    async deleteEndpoint(id, { signal } = {}) {
      await unless(request(one('DELETE', id, signal)), 'notFound');
    },

    /** 400 `the registry is unhealthy`, for some types 500, when the upstream is down. */
    async pingEndpoint(id, { signal } = {}) {
      const ping: Call = { method: 'POST', route: '/registries/ping', body: { id }, lane: 'upstream', signal };
      return (await unless(request(ping), 'upstreamUnhealthy')) !== undefined;
    },
  };
}

function newEndpoint(created: NewEndpoint): object {
  const { name, type, url, description, insecure, credentials, caCertificate } = created;
  const credential = credentials && {
    type: 'basic',
    access_key: credentials.accessKey,
    access_secret: credentials.accessSecret,
  };
  return { name, type, url, description, insecure, credential, ca_certificate: caCertificate };
}

/** An empty access_key drops the credentials. */
function flatCredentials(credentials: Credentials | null): object {
  if (credentials === null) return { access_key: '', access_secret: '' };
  return {
    credential_type: 'basic',
    access_key: credentials.accessKey,
    access_secret: credentials.accessSecret,
  };
}
