import { formerHarborsOf } from '../../api/former-harbors.js';
import type { FormerHarbor } from '../../api/registry-mirror.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { Observed } from '../../mirror/look/observe.js';
import { describeAction } from '../../mirror/plan/actions.js';
import type { Action } from '../../mirror/plan/actions.js';
import { planRemoval } from '../../mirror/plan/plan-removal.js';
import type { HarborSideOptions } from './harbor-side-options.js';

/**
 * What the operator deletes later, when new Pods are not sent there any more: earlier projects of the mirror's in its Harbor, and what it has in
 * Harbors that it was moved away from.
 *
 * @returns in words
 */
export async function planRetirements(observed: Observed, options: HarborSideOptions): Promise<readonly string[]> {
  const { mirror, session, plan } = observed;
  if (mirror.spec.deletionPolicy !== 'Delete' || mirror.spec.suspend || plan.verdict.kind !== 'ready') return [];
  const here = earlierProjects(observed, options.clusterId).map(describeAction);
  const former = formerHarborsOf(mirror, session.url).filter((harbor) => options.harbors.knowsLoginFor(harbor));
  const elsewhere = await Promise.all(former.map((harbor) => inFormerHarbor(observed, harbor, options)));
  return [...here, ...elsewhere.flat()];
}

function earlierProjects({ mirror, view, plan }: Observed, clusterId: string): readonly Action[] {
  const creation = plan.actions.find(({ kind }) => kind === 'CreateProject');
  const spare = creation?.kind === 'CreateProject' && creation.endpoint !== 'created' ? creation.endpoint : undefined;
  const registryId = plan.project?.registryId ?? spare;
  const keep = registryId === undefined ? {} : { keep: { registryId } };
  const identity = { clusterId, mirror: mirror.metadata.name };
  const { actions } = planRemoval(view, identity, { projectNames: new Set(), ...keep, requires: () => [] });
  return actions;
}

async function inFormerHarbor(
  { mirror }: Observed,
  former: FormerHarbor,
  { harbors, clusterId }: HarborSideOptions,
): Promise<readonly string[]> {
  const session = harbors.sessionForFormer(former);
  const unknown = `delete project ${former.projectName} in ${former.url}, as far as it is there: it could not be read`;
  if (!session.ok) return [unknown];
  try {
    const view = await session.value.inventory.view({ maxAgeMs: 0 });
    const projectNames = new Set([former.projectName]);
    const identity = { clusterId, mirror: mirror.metadata.name };
    const { actions } = planRemoval(view, identity, { projectNames, requires: () => [] });
    return actions.map((action) => `${describeAction(action)} (in ${former.url})`);
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    return [unknown];
  }
}
