import { isHarborError } from '../../harbor/http/errors.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { InventoryView } from '../../harbor/inventory.js';
import { parseMark } from '../../harbor/mark.js';
import type { Endpoint, Project } from '../../harbor/types.js';

/** A project of a mirror's in a Harbor that the mirror doesn't use, by the mark on its endpoint. */
export interface Stray {
  readonly mirror: string;
  readonly endpointId: number;
  readonly projectName: string;
}

interface StrayFinderOptions {
  readonly clusterId: string;
  /** The names of the mirrors with deletionPolicy Delete whose spec and status don't name the Harbor of this url. */
  readonly elsewhere: (harborUrl: string) => ReadonlySet<string>;
  readonly onFound: (harborUrl: string, stray: Stray) => void;
}

type Harbor = Pick<HarborSession, 'url' | 'inventory'>;

/**
 * Finds what a mirror has in a Harbor that it was moved away from before its status told that it had been there, by an operator that was killed
 * before it could remember. Reads nothing for it but the pictures that are there.
 */
export class StrayFinder {
  readonly #options: StrayFinderOptions;
  /** What is left there on purpose is told once only. */
  readonly #told = new WeakMap<Harbor, Set<number>>();

  constructor(options: StrayFinderOptions) {
    this.#options = options;
  }

  /** @throws HarborError where there is no picture of Harbor */
  async look(harbor: Harbor): Promise<void> {
    const { clusterId, elsewhere, onFound } = this.#options;
    const others = elsewhere(harbor.url);
    // Mostly there is one Harbor for all: then no mark has to be read.
    if (others.size === 0) return;
    const view = await harbor.inventory.view({ maxAgeMs: Infinity });
    const told = this.#told.get(harbor) ?? new Set<number>();
    this.#told.set(harbor, told);
    for (const stray of strays(view, clusterId, others)) {
      if (told.has(stray.endpointId)) continue;
      told.add(stray.endpointId);
      onFound(harbor.url, stray);
    }
  }
}

/** Only what this operator made for a mirror that had deletionPolicy Delete when it was last written. Pure. */
export function strays(
  view: Pick<InventoryView, 'endpoints' | 'projectsByEndpoint'>,
  clusterId: string,
  elsewhere: ReadonlySet<string>,
): readonly Stray[] {
  return view.endpoints().flatMap((endpoint): readonly Stray[] => {
    const { mark } = parseMark(endpoint.description);
    if (mark?.cluster !== clusterId || mark.deletion !== 'Delete' || !elsewhere.has(mark.mirror)) return [];
    return projectsOn(view, endpoint).map(({ name }) => ({
      mirror: mark.mirror,
      endpointId: endpoint.id,
      projectName: name,
    }));
  });
}

function projectsOn(view: Pick<InventoryView, 'projectsByEndpoint'>, { id }: Endpoint): readonly Project[] {
  try {
    return view.projectsByEndpoint(id);
  } catch (error) {
    // A project of it can't be read: the next picture may tell.
    if (isHarborError(error)) return [];
    throw error;
  }
}
