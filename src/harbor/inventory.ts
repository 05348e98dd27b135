import type { CallOptions, HarborApi, Present } from './api.js';
import { CachedList } from './cached-list.js';
import { redact } from './http/redact.js';
import { Listed } from './listed.js';
import type { Endpoint, Listing, Project, Quota, Unreadable } from './types.js';
import { ownerIn, ownerKey } from './unreadable.js';

type Lists = Pick<HarborApi, 'listEndpoints' | 'listProjects' | 'listQuotas'>;

/**
 * What a Harbor holds, as last read. Live: own writes that are recorded show up in it. That something is missing here is no proof: it may
 * have moved between two pages. Look it up by name before making or giving up anything for that.
 *
 * What is there and can't be read is not missing: to look it up throws a HarborError that names it, as a read that fails does.
 */
export interface InventoryView {
  /** When the oldest of the reads behind this began, in milliseconds on the inventory's clock. */
  readonly readAt: number;
  endpoints(): readonly Endpoint[];
  projects(): readonly Project[];
  endpointById(id: number): Endpoint | undefined;
  endpointByName(name: string): Endpoint | undefined;
  /** Those whose mark names this mirror of this cluster. */
  endpointsOwnedBy(cluster: string, mirror: string): readonly Endpoint[];
  projectById(id: number): Project | undefined;
  projectByName(name: string): Project | undefined;
  projectsByEndpoint(endpointId: number): readonly Project[];
  /** Undefined as well where the view was asked for without quotas. */
  quotaByProject(projectId: number): Quota | undefined;
  /** What is there and can't be read, in a person's words. */
  unreadable(): readonly string[];
}

interface ViewOptions {
  /** How old the picture may be, counted from the beginning of its read; 0: from now on. */
  readonly maxAgeMs: number;
  /** Quotas too: one more list. */
  readonly quotas?: boolean;
}

/** A write of our own, after it succeeded. */
type InventoryChange =
  | { readonly kind: 'endpointWritten'; readonly endpoint: Endpoint }
  | { readonly kind: 'endpointDeleted'; readonly id: number }
  | { readonly kind: 'projectWritten'; readonly project: Project }
  | { readonly kind: 'projectDeleted'; readonly id: number }
  | { readonly kind: 'quotaWritten'; readonly quota: Quota };

type Endpoints = Listed<Endpoint, 'name' | 'owner'>;
type Projects = Listed<Project, 'name' | 'endpoint'>;
type Quotas = Listed<Quota, 'project'>;

/**
 * One Harbor's endpoints, projects and quotas, read as whole lists and shared by all mirrors: what a mirror in sync costs is its share of the
 * pages, not a read of its own.
 */
export class HarborInventory {
  readonly #endpoints: CachedList<Endpoints>;
  readonly #projects: CachedList<Projects>;
  readonly #quotas: CachedList<Quotas>;

  /**
   * @param now - milliseconds, best of a clock that never goes back; only differences count
   * @param calls - for each call
   */
  constructor(api: Lists, now: () => number, calls: CallOptions = {}) {
    this.#endpoints = new CachedList(async () => listedEndpoints(await api.listEndpoints(calls)), now);
    this.#projects = new CachedList(async () => listedProjects(await api.listProjects(calls)), now);
    this.#quotas = new CachedList(async () => listedQuotas(await api.listQuotas(calls)), now);
  }

  /** A picture at most so old; reads only the lists that are older. Rejects with the HarborError of a read that fails. */
  async view({ maxAgeMs, quotas = false }: ViewOptions): Promise<InventoryView> {
    const [endpoints, projects, limits] = await Promise.all([
      this.#endpoints.get(maxAgeMs),
      this.#projects.get(maxAgeMs),
      quotas ? this.#quotas.get(maxAgeMs) : undefined,
    ]);
    const readAt = Math.min(endpoints.startedAt, projects.startedAt, limits?.startedAt ?? Infinity);
    return viewOf(readAt, endpoints.store, projects.store, limits?.store);
  }

  /** Enters an own write, so that nobody has to read for it; also into a list that was being read meanwhile. */
  record(change: InventoryChange): void {
    switch (change.kind) {
      case 'endpointWritten':
        this.#endpoints.record((store) => {
          store.set(change.endpoint);
        });
        return;
      case 'endpointDeleted':
        this.#endpoints.record((store) => {
          store.delete(change.id);
        });
        return;
      case 'projectWritten':
        this.#projects.record((store) => {
          store.set(change.project);
        });
        return;
      case 'projectDeleted':
        this.#projects.record((store) => {
          store.delete(change.id);
        });
        return;
      case 'quotaWritten':
        this.#quotas.record((store) => {
          store.set(change.quota);
        });
        return;
    }
  }

  /**
   * Asks what is there. Where Harbor says of an upstream something else than before, the picture is set right.
   *
   * @param ask - reads what is there
   * @returns `lost`: something is gone that was known before, so the picture is wrong. `upstreams`: only the health of an upstream has changed. What
   * the operator itself made, wrote or deleted meanwhile may be in the answer or not, and counts for neither.
   * @throws HarborError
   */
  async compare(ask: () => Promise<Present>): Promise<'same' | 'upstreams' | 'lost'> {
    const before = idsIn(await this.view({ maxAgeMs: Infinity }));
    const present = await ask();
    const view = await this.view({ maxAgeMs: Infinity });
    const known = idsIn(view);
    const isLost = (['endpoints', 'projects'] as const).some((kind) =>
      [...before[kind]].some((id) => !present[kind].has(id) && known[kind].has(id)),
    );
    if (isLost) return 'lost';
    const changed = view.endpoints().filter(({ id }) => {
      const isSteady = before.endpoints.has(id) && before.unhealthy.has(id) === known.unhealthy.has(id);
      return isSteady && present.unhealthy.has(id) !== known.unhealthy.has(id);
    });
    for (const endpoint of changed) {
      const status = present.unhealthy.has(endpoint.id) ? 'unhealthy' : 'healthy';
      this.record({ kind: 'endpointWritten', endpoint: { ...endpoint, status } });
    }
    return changed.length > 0 ? 'upstreams' : 'same';
  }

  /** After a surprise (a conflict, something missing): the next view is read anew, whatever age it asks for. */
  invalidate(): void {
    for (const list of [this.#endpoints, this.#projects, this.#quotas]) list.invalidate();
  }
}

function idsIn(view: InventoryView): Present {
  const ids = (items: readonly { readonly id: number }[]): ReadonlySet<number> => new Set(items.map(({ id }) => id));
  const unhealthy = view.endpoints().filter(({ status }) => status === 'unhealthy');
  return { endpoints: ids(view.endpoints()), unhealthy: ids(unhealthy), projects: ids(view.projects()) };
}

function viewOf(readAt: number, endpoints: Endpoints, projects: Projects, quotas: Quotas | undefined): InventoryView {
  return {
    readAt,
    endpoints: () => endpoints.values(),
    projects: () => projects.values(),
    endpointById: (id) => endpoints.get(id),
    endpointByName: (name) => endpoints.where('name', name)[0],
    endpointsOwnedBy: (cluster, mirror) => endpoints.where('owner', ownerKey(cluster, mirror)),
    projectById: (id) => projects.get(id),
    projectByName: (name) => projects.where('name', name)[0],
    projectsByEndpoint: (endpointId) => projects.where('endpoint', endpointId),
    quotaByProject: (projectId) => quotas?.where('project', projectId)[0],
    unreadable: () => [
      ...endpoints.unreadable.all.map((item) => describe('endpoint', item)),
      ...projects.unreadable.all.map((item) => describe('project', item)),
      ...(quotas?.unreadable.all ?? []).map((item) => describe('quota', item)),
    ],
  };
}

async function listedEndpoints(listing: Listing<Endpoint>): Promise<Endpoints> {
  const as = { noun: 'endpoint', route: '/registries' };
  // Whose it is is read out of each description once: with every look at every mirror it would cost the square of their number.
  return await Listed.of(listing, as, { name: ({ name }) => name, owner: ({ description }) => ownerIn(description) });
}

async function listedProjects(listing: Listing<Project>): Promise<Projects> {
  const as = { noun: 'project', route: '/projects' };
  return await Listed.of(listing, as, { name: ({ name }) => name, endpoint: ({ registryId }) => registryId });
}

async function listedQuotas(listing: Listing<Quota>): Promise<Quotas> {
  return await Listed.of(listing, { noun: 'quota', route: '/quotas' }, { project: ({ projectId }) => projectId });
}

function describe(noun: string, { id, name, projectId, why }: Unreadable): string {
  const which = name ?? (projectId === undefined ? id : `of project ${projectId}`) ?? 'without a name';
  return redact(`${noun} ${which} (${why})`, []);
}
