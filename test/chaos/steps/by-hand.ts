import { ANNOTATIONS, LABELS, OPERATOR } from '../../../src/api/group.js';
import { ENGINES } from '../../../src/engines/engines.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { pullSecrets } from '../../integration/pull-secrets/pulling.js';
import { asAdmin, MIRRORS } from '../../support/world.js';
import { isPublic } from '../stage/project-presence.js';
import type { Stage } from '../stage/stage.js';
import { ownerBefore } from '../story/fleet.js';

const NO_LOGINS = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
/** Kyverno refuses Pods for a policy that it can't find, until it has registered its webhook anew. */
const POLICY_GRACE_MS = 20_000;

/** What people do in Harbor past the operator. What was there before the run they leave alone: that is to be as it was. */
export async function editEndpoint(
  stage: Stage,
  mirror: string,
  what: 'url' | 'insecure' | 'text' | 'mark',
): Promise<string> {
  const { endpointID, url } = await harborStatus(stage, mirror);
  const harbor = stage.harbors.at(url);
  const endpoint = harbor?.state.endpoints.get(endpointID ?? -1);
  if (harbor === undefined || endpoint === undefined) return 'there is no endpoint';
  if (ownerBefore(endpoint.name) !== undefined) return 'it was there before';
  const changes = {
    url: { url: 'https://elsewhere.example.org' },
    insecure: { insecure: true },
    text: { description: `edited by hand ${endpoint.description}` },
    mark: { description: 'the mark is gone' },
  } as const;
  await asAdmin(harbor, 'PUT', `/registries/${endpoint.id}`, changes[what]);
  return 'done';
}

export async function editProject(stage: Stage, mirror: string): Promise<string> {
  const { projectID, url } = await harborStatus(stage, mirror);
  const harbor = stage.harbors.at(url);
  const project = harbor?.state.projects.get(projectID ?? -1);
  if (harbor === undefined || project === undefined) return 'there is no project';
  if (ownerBefore(project.name) !== undefined) return 'it was there before';
  await asAdmin(harbor, 'PUT', `/projects/${project.id}`, { metadata: { public: String(!isPublic(project)) } });
  return 'done';
}

export async function deleteProject(stage: Stage, mirror: string, andEndpoint: boolean): Promise<string> {
  const { projectID, endpointID, url } = await harborStatus(stage, mirror);
  const harbor = stage.harbors.at(url);
  const project = harbor?.state.projects.get(projectID ?? -1);
  if (harbor === undefined || project === undefined) return 'there is no project';
  if (ownerBefore(project.name) !== undefined) return 'it was there before';
  await asAdmin(harbor, 'DELETE', `/projects/${project.id}`);
  if (andEndpoint) await asAdmin(harbor, 'DELETE', `/registries/${endpointID ?? 0}`);
  return 'done';
}

/** What people do to the operator's policies. */
export async function editPolicy(
  stage: Stage,
  number: number,
  what: 'label' | 'mirrors' | 'spec' | 'conditions',
): Promise<string> {
  const path = await policyPath(stage, number);
  if (path === undefined) return 'there is no policy';
  const over = stage.outages.begin('policy edited by hand');
  const { api } = stage.world.cluster;
  const patches = {
    label: [{ metadata: { labels: { [LABELS.managedBy]: null } } }, MERGE],
    mirrors: [{ metadata: { annotations: { [ANNOTATIONS.mirrors]: '[]' } } }, MERGE],
    spec: [[{ op: 'replace', path: '/spec/failurePolicy', value: 'Ignore' }], JSON_PATCH],
    // From then on it matches nothing.
    conditions: [[{ op: 'add', path: conditionsIn(path), value: { name: 'never', expression: 'false' } }], JSON_PATCH],
  } as const;
  const [patch, type] = patches[what];
  const { status } = await api.send('PATCH', path, patch, type);
  over(POLICY_GRACE_MS);
  return `${path}: ${status}`;
}

function conditionsIn(path: string): string {
  return `/spec/${path.includes('/clusterpolicies/') ? 'webhookConfiguration/' : ''}matchConditions/-`;
}

export async function deletePolicy(stage: Stage, number: number): Promise<string> {
  const path = await policyPath(stage, number);
  if (path === undefined) return 'there is no policy';
  const over = stage.outages.begin('policy edited by hand');
  const { status } = await stage.world.cluster.api.send('DELETE', path);
  over(POLICY_GRACE_MS);
  return `${path}: ${status}`;
}

/** What people do to a Secret that Pods pull with, in their own namespace or in the operator's. */
export async function changePullSecret({ world }: Stage, number: number, what: 'delete' | 'empty'): Promise<string> {
  const secrets = await pullSecrets(world);
  const secret = secrets[number % Math.max(1, secrets.length)];
  if (secret === undefined) return 'there is no pull Secret';
  const { namespace, name } = secret.metadata;
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const { api } = world.cluster;
  const { status } =
    what === 'delete' ? await api.send('DELETE', path) : await api.send('PATCH', path, { data: NO_LOGINS }, MERGE);
  return `${path}: ${status}`;
}

async function harborStatus(
  { world }: Stage,
  mirror: string,
): Promise<NonNullable<RegistryMirror['status']['harbor']>> {
  const { status, body } = await world.cluster.api.send('GET', `${MIRRORS}/${mirror}`);
  if (status !== 200) return {};
  return (JSON.parse(body) as RegistryMirror).status.harbor ?? {};
}

/** One of the operator's policies: the same number gives the same one as long as there are the same. */
async function policyPath({ world }: Stage, number: number): Promise<string | undefined> {
  const paths: string[] = [];
  for (const { group, version, plural } of Object.values(ENGINES).map(({ resource }) => resource)) {
    const path = `/apis/${group}/${version}/${plural}`;
    const query = `?labelSelector=${encodeURIComponent(`${LABELS.managedBy}=${OPERATOR}`)}`;
    const { items } = await world.cluster.api.json<{ items: readonly { metadata: { name: string } }[] }>(
      'GET',
      path + query,
    );
    paths.push(...items.map(({ metadata }) => `${path}/${metadata.name}`));
  }
  return paths[number % Math.max(1, paths.length)];
}
