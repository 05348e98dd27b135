import { Turn } from '../../clock/turn.js';
import { isHarborError } from '../../harbor/http/errors.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Endpoint } from '../../harbor/types.js';
import { isLeftBehind, isOrphan } from './orphans.js';
import type { Family } from './orphans.js';

/** How far apart the two pictures of Harbor are in which an endpoint must be an orphan. */
const GRACE_MS = 300_000;

interface OrphanCollectorOptions {
  readonly clusterId: string;
  /** The names of all mirrors that use the Harbor of this url, or did; to be asked only where they have been read. */
  readonly mirrors: (harborUrl: string) => ReadonlySet<string>;
  readonly onCollected: (harborUrl: string, endpoint: Endpoint) => void;
  /** Default: five minutes. */
  readonly graceMs?: number;
}

type Harbor = Pick<HarborSession, 'url' | 'client' | 'inventory' | 'signal'>;

interface Sighting {
  readonly description: string;
  /** When the picture was read in which it was an orphan for the first time. */
  readonly at: number;
}

/**
 * Deletes the endpoints that mirrors left behind. Reads no list for it: it looks at the pictures of Harbor that are read for the mirrors, and asks
 * about a single endpoint before it deletes that.
 */
export class OrphanCollector {
  readonly #options: OrphanCollectorOptions;
  readonly #turn = new Turn();
  readonly #sightings = new WeakMap<Harbor, ReadonlyMap<number, Sighting>>();

  constructor(options: OrphanCollectorOptions) {
    this.#options = options;
  }

  /** @throws HarborError where there is no picture of Harbor */
  async collect(harbor: Harbor): Promise<void> {
    const { graceMs = GRACE_MS } = this.#options;
    const view = await harbor.inventory.view({ maxAgeMs: Infinity });
    const before = this.#sightings.get(harbor);
    const now = new Map<number, Sighting>();
    this.#sightings.set(harbor, now);
    const family = this.#familyAt(harbor.url);
    for (const endpoint of view.endpoints()) {
      // The marks of thousands are not read in one go.
      await this.#turn.breathe();
      if (!isLeftBehind(endpoint, view, family)) continue;
      const { id, description } = endpoint;
      const known = before?.get(id);
      const at = known?.description === description ? known.at : view.readAt;
      // One whose deletion fails begins anew: who else uses it is not asked every minute.
      if (view.readAt - at < graceMs) now.set(id, { description, at });
      else await this.#delete(harbor, endpoint);
    }
  }

  #familyAt(url: string): Family {
    return { clusterId: this.#options.clusterId, mirrors: this.#options.mirrors(url) };
  }

  /** Looks again right before: a mirror, a project or a hand may have come in between. */
  async #delete({ url, client, inventory, signal }: Harbor, { id }: Endpoint): Promise<void> {
    try {
      const endpoint = await client.getEndpoint(id, { signal });
      if (endpoint !== undefined) {
        const projects = await client.listProjectsOfEndpoint(id, { signal });
        if (projects.length > 0 || !isOrphan(endpoint, this.#familyAt(url))) return;
        await client.deleteEndpoint(id, { signal });
        this.#options.onCollected(url, endpoint);
      }
      inventory.record({ kind: 'endpointDeleted', id });
    } catch (error) {
      if (!isHarborError(error)) throw error;
    }
  }
}
