import { findCondition } from '../../src/api/conditions.js';
import type { RegistryMirror } from '../../src/api/registry-mirror.js';
import { OPERATOR_USER } from './operator.js';
import { eventually } from './wait.js';
import { MIRRORS } from './world.js';
import type { LooseSpec, World } from './world.js';

interface Mirror {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: LooseSpec;
}

/** What it took until so many mirrors were Ready. */
export interface FleetCost {
  readonly ms: number;
  readonly harborWrites: number;
  /** Pages of lists; health checks and the sweep aside. */
  readonly lists: number;
  readonly otherReads: number;
  /** By verb and resource. */
  readonly apiWrites: Readonly<Record<string, number>>;
}

/** So many mirrors of one prefix, each of an upstream of its own, without a rewrite unless `spec` says otherwise. */
export function createMirrors(prefix: string, count: number, spec: LooseSpec = {}): readonly Mirror[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index}`;
    return {
      apiVersion: 'registrymirror.io/v1alpha1',
      kind: 'RegistryMirror',
      metadata: { name },
      spec: {
        upstream: { type: 'docker-registry', url: `https://${name}.example.org` },
        rewrite: { engine: 'None' },
        ...spec,
      },
    };
  });
}

/** Creates the mirrors, many at a time: kubectl would take longer than the operator. */
export async function createAll({ cluster }: Pick<World, 'cluster'>, mirrors: readonly Mirror[]): Promise<void> {
  await forAll(mirrors, async (mirror) => cluster.api.json('POST', MIRRORS, mirror));
}

/**
 * Makes so many more mirrors that are as in sync as this one, at both ends and without an operator: it must not be running, and finds nothing
 * to do when it is started.
 */
export async function copyMirror(
  { cluster, harbor }: Pick<World, 'cluster' | 'harbor'>,
  original: string,
  prefix: string,
  count: number,
): Promise<void> {
  const { state } = harbor;
  const mirror = await cluster.api.json<RegistryMirror>('GET', `${MIRRORS}/${original}`);
  const [endpoint, project] = [harbor.endpoint(original), harbor.project(original)];
  if (endpoint === undefined || project === undefined) throw new Error(`Harbor has no ${original}.`);
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await forAll(names, async (name) => {
    const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(original, name)) as T;
    const [endpointID, projectID] = [state.endpoints.nextId(), state.projects.nextId()];
    state.endpoints.put({ ...renamed(endpoint), id: endpointID });
    state.projects.put({ ...renamed(project), id: projectID, registryId: endpointID });
    const { apiVersion, kind, spec, status, metadata } = renamed(mirror);
    const { finalizers } = metadata;
    await cluster.api.json('POST', MIRRORS, { apiVersion, kind, spec, metadata: { name, finalizers } });
    const known = { ...status, harbor: { ...status.harbor, endpointID, projectID } };
    const path = `${MIRRORS}/${name}/status`;
    await cluster.api.json('PATCH', path, { status: known }, 'application/merge-patch+json');
  });
}

/** Has all mirrors deleted, one by one: for thousands of them the API server breaks a single call off. */
export async function deleteAll(world: Pick<World, 'cluster'>): Promise<void> {
  const { api } = world.cluster;
  await forAll(await listMirrors(world), async ({ metadata: { name } }) => api.json('DELETE', `${MIRRORS}/${name}`));
}

/** Takes all mirrors away, without an operator. */
export async function removeAll(world: Pick<World, 'cluster'>): Promise<void> {
  const { api } = world.cluster;
  await deleteAll(world);
  await forAll(await listMirrors(world), async ({ metadata: { name } }) =>
    api.json('PATCH', `${MIRRORS}/${name}`, { metadata: { finalizers: null } }, 'application/merge-patch+json'),
  );
}

async function forAll<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

export async function listMirrors({ cluster }: Pick<World, 'cluster'>): Promise<readonly RegistryMirror[]> {
  return (await cluster.api.json<{ items: readonly RegistryMirror[] }>('GET', MIRRORS)).items;
}

/** Waits until every mirror is Ready. */
export async function untilAllReady(world: Pick<World, 'cluster'>, count: number, timeoutMs = 60_000): Promise<void> {
  await eventually(
    async () => {
      const mirrors = await listMirrors(world);
      const ready = mirrors.filter(({ status }) => findCondition(status.conditions, 'Ready')?.status === 'True');
      if (ready.length < count) throw new Error(`${ready.length} of ${count} are Ready`);
    },
    { timeoutMs, intervalMs: 200, message: `${count} mirrors to be Ready` },
  );
}

/** Creates the mirrors and counts what it takes until all that there are are Ready. */
export async function measureFleet(world: World, mirrors: readonly Mirror[]): Promise<FleetCost> {
  const { harbor, cluster } = world;
  const before = (await listMirrors(world)).length;
  harbor.resetCounts();
  const mark = await cluster.audit.mark();
  const startedAt = performance.now();
  await createAll(world, mirrors);
  await untilAllReady(world, before + mirrors.length);
  const ms = performance.now() - startedAt;
  const lists = harbor.reads().filter(({ method, route }) => method === 'GET' && isList(route));
  const apiWrites: Record<string, number> = {};
  for (const { verb, resource } of await cluster.audit.writes({ user: OPERATOR_USER }, mark)) {
    const key = `${verb} ${resource}`;
    apiWrites[key] = (apiWrites[key] ?? 0) + 1;
  }
  return {
    ms,
    harborWrites: harbor.writes().length,
    lists: lists.length,
    otherReads: harbor.reads().length - lists.length,
    apiWrites,
  };
}

function isList(route: string): boolean {
  return ['/registries', '/projects', '/quotas'].includes(route);
}
