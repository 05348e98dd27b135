import type { KubernetesApi } from './api.js';
import { applyOver, TRIES } from './apply-over.js';
import type { Apply } from './apply-over.js';
import { contains } from './contains.js';
import { isKubernetesError } from './errors.js';
import { specOwners, withoutOthers } from './field-owners.js';
import type { KubernetesObject } from './objects.js';

/**
 * Writes an object with this spec, and with nothing else in its spec.
 *
 * Applying leaves what somebody else has added: a match condition that nothing meets, or a field that is not applied. Where anything is not as applied, or
 * anybody else owns anything, the spec is replaced as a whole, and is the field manager's alone from then on; and where another webhook has altered it then,
 * so that it counts as ours by that write, it is replaced again at the next one.
 *
 * @returns the object as the API server has it then
 * @throws KubernetesError `conflict` where others write again and again
 */
export async function applySpec(
  api: Pick<KubernetesApi, 'get' | 'patch'>,
  apply: Apply & { readonly body: { readonly spec: unknown } },
): Promise<KubernetesObject> {
  const { resource, body, fieldManager } = apply;
  let { known } = apply;
  for (let tries = 1; ; tries += 1) {
    const applied = await applyOver(api, { ...apply, known });
    const owners = specOwners(applied);
    const isAlone = owners.every(({ manager, isApplied }) => manager === fieldManager && isApplied);
    if (isAlone && contains(applied, { spec: body.spec })) return applied;
    const { resourceVersion } = applied.metadata;
    const operations = [
      // Or a replacement that comes late would put back what was taken out since.
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec', value: body.spec },
    ];
    // Who keeps a field that is as it was written would go on being taken for somebody who has edited it.
    if (owners.some(({ manager }) => manager !== fieldManager)) {
      const value = withoutOthers(applied, fieldManager);
      operations.push({ op: 'replace', path: '/metadata/managedFields', value });
    }
    try {
      return await api.patch(resource, body.metadata.name, 'json', operations, { fieldManager });
    } catch (error) {
      if (!isKubernetesError(error, 'conflict') || tries === TRIES) throw error;
      known = applied;
    }
  }
}
