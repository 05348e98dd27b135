import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';

/**
 * What the statuses say about a Harbor: that it is withdrawn outlives a restart of the operator. All that use it so must say it, since an outage was
 * written into all of them: one that says it alone is older than the others. Pure.
 *
 * @param users - the mirrors that use this Harbor, and said so in their statuses
 */
export function isSaidToBeDown(users: readonly RegistryMirror[]): boolean {
  const said = users
    // A mirror that lost a host says nothing new about its Harbor.
    .filter(({ status }) => findCondition(status.conditions, 'Ready')?.reason !== REASONS.hostConflict)
    .map(({ status }) => findCondition(status.conditions, 'HarborReachable')?.status)
    .filter((status) => status === 'True' || status === 'False');
  return said.length > 0 && said.every((status) => status === 'False');
}
