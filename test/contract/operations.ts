import type { HarborStandIn, Login, Robot } from '../harbor/index.js';
import { callApi } from './http.js';

const pullOn = (namespace: string): unknown => [
  { kind: 'project', namespace, access: [{ resource: 'repository', action: 'pull' }] },
];

/**
 * Runs every operation of the recorded permission matrix once, and gives their statuses. What the caller may not make
 * the administrator makes, so that the operations that follow have something to work on.
 */
export async function runOperations(
  harbor: HarborStandIn,
  login: Login,
  name: string,
): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const call = async (operation: string, method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await callApi(harbor, login, method, path, body);
    statuses[operation] = answer.status;
    return answer.json;
  };
  const admin = (method: string, path: string, body?: unknown): Promise<unknown> =>
    callApi(harbor, harbor.admin, method, path, body);

  const endpoint = { name, type: 'docker-registry', url: 'http://127.0.0.1:5050', insecure: true };
  await call('registry create', 'POST', '/registries', endpoint);
  if (harbor.endpoint(name) === undefined) await admin('POST', '/registries', endpoint);
  const registryId = harbor.endpoint(name)?.id ?? 0;
  await call('registry list', 'GET', `/registries?q=name%3D${name}`);
  await call('registry get', 'GET', `/registries/${registryId}`);
  await call('registry ping', 'POST', '/registries/ping', { id: registryId });
  await call('registry info', 'GET', `/registries/${registryId}/info`);
  await call('registry update', 'PUT', `/registries/${registryId}`, { description: 'x' });
  await call('adapters list', 'GET', '/replication/adapters');
  await call('project HEAD (missing)', 'HEAD', `/projects?project_name=${name}`);
  await call('project get (missing)', 'GET', `/projects/${name}`);
  const proxy = { project_name: name, registry_id: registryId, metadata: { public: 'false' } };
  await call('proxy project create', 'POST', '/projects', proxy);
  if (harbor.project(name) === undefined) await admin('POST', '/projects', proxy);
  await call('plain project create', 'POST', '/projects', { project_name: `${name}p` });
  await onProject(harbor, call, admin, name);
  await call('project delete', 'DELETE', `/projects/${name}`);
  if (harbor.project(name) !== undefined) await admin('DELETE', `/projects/${name}`);
  await call('registry delete', 'DELETE', `/registries/${registryId}`);
  await call('systeminfo', 'GET', '/systeminfo');
  await call('users/current', 'GET', '/users/current');
  await call('health', 'GET', '/health');
  await call('permissions', 'GET', '/permissions');
  await call('configurations', 'GET', '/configurations');
  const systemRobot = { name: `${name}s`, level: 'system', duration: -1, permissions: pullOn('*') };
  await call('system robot create', 'POST', '/robots', systemRobot);
  return statuses;
}

type Caller = (operation: string, method: string, path: string, body?: unknown) => Promise<unknown>;

async function onProject(
  harbor: HarborStandIn,
  call: Caller,
  admin: (method: string, path: string, body?: unknown) => Promise<unknown>,
  name: string,
): Promise<void> {
  const id = harbor.project(name)?.id ?? 0;
  const quotaId = harbor.quotaOf(name)?.id ?? 0;
  await call('projects list by name', 'GET', `/projects?q=name%3D${name}`);
  await call('project get', 'GET', `/projects/${id}`);
  await call('project update metadata', 'PUT', `/projects/${id}`, { metadata: { auto_scan: 'true' } });
  await call('project summary', 'GET', `/projects/${id}/summary`);
  await call('quota list', 'GET', `/quotas?reference=project&reference_id=${id}`);
  await call('quota get', 'GET', `/quotas/${quotaId}`);
  await call('quota update', 'PUT', `/quotas/${quotaId}`, { hard: { storage: 2048 } });
  await call('repositories list', 'GET', `/projects/${name}/repositories`);
  await call('retention get', 'GET', `/retentions/${harbor.retentionOf(name)?.id ?? 0}`);
  await call('immutable rules list', 'GET', `/projects/${id}/immutabletagrules`);
  await call('project robots list', 'GET', `/robots?q=Level%3Dproject%2CProjectID%3D${id}`);
  const robot = { name: 'p', level: 'project', duration: -1, permissions: pullOn(name) };
  await call('project robot create (pull only)', 'POST', '/robots', robot);
  const stored = (): Robot | undefined => harbor.robots().find((candidate) => candidate.name === `${name}+p`);
  if (stored() === undefined) await admin('POST', '/robots', robot);
  const robotId = stored()?.id ?? 0;
  await call('project robot get', 'GET', `/robots/${robotId}`);
  await call('project robot refresh secret (PATCH)', 'PATCH', `/robots/${robotId}`, {});
  await call('project robot update (PUT)', 'PUT', `/robots/${robotId}`, { ...robot, name: `robot$${name}+p` });
  await call('project robot delete', 'DELETE', `/robots/${robotId}`);
  await call('project deletable', 'GET', `/projects/${id}/_deletable`);
}
