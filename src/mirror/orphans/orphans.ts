import { isHarborError } from '../../harbor/http/errors.js';
import type { InventoryView } from '../../harbor/inventory.js';
import { parseMark } from '../../harbor/mark.js';
import type { Endpoint } from '../../harbor/types.js';

/** Whose endpoints are orphans. */
export interface Family {
  readonly clusterId: string;
  /** The names of all mirrors that use this Harbor, or did so and are not done with it; those that are being deleted included. */
  readonly mirrors: ReadonlySet<string>;
}

/**
 * Whether a mirror of this cluster left the endpoint behind although it was to delete it: Harbor carried out a POST that the operator had given up on,
 * when the mirror was gone already, or moved to another Harbor. Pure.
 *
 * Only what this operator made, for a mirror that had deletionPolicy Delete when it was last written, and what no project uses.
 */
export function isLeftBehind(
  endpoint: Endpoint,
  view: Pick<InventoryView, 'projectsByEndpoint'>,
  family: Family,
): boolean {
  return isOrphan(endpoint, family) && hasNoProject(view, endpoint);
}

/** Whether the endpoint is an orphan by its mark. */
export function isOrphan({ description }: Endpoint, { clusterId, mirrors }: Family): boolean {
  const { mark } = parseMark(description);
  return (
    mark?.cluster === clusterId &&
    mark.endpoint === 'created' &&
    mark.deletion === 'Delete' &&
    !mirrors.has(mark.mirror)
  );
}

function hasNoProject(view: Pick<InventoryView, 'projectsByEndpoint'>, { id }: Endpoint): boolean {
  try {
    return view.projectsByEndpoint(id).length === 0;
  } catch (error) {
    // A project of it can't be read: then it has one.
    if (isHarborError(error)) return false;
    throw error;
  }
}
