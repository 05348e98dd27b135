import type { Secret } from '../credentials/secrets.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { Resource } from '../kubernetes/objects.js';

interface Overwrite {
  /** The Secret that is there. */
  readonly from: Secret;
  /** What it is to be. */
  readonly to: Secret;
}

/**
 * Gives this very Secret other labels, annotations and data. One that can't be changed is deleted and made anew.
 *
 * @returns the Secret as it was written
 * @throws KubernetesError `conflict` where another Secret has its name by now
 */
export async function overwrite(
  api: Pick<KubernetesApi, 'patch' | 'delete' | 'create'>,
  resource: Resource,
  { from, to }: Overwrite,
): Promise<Secret> {
  const { data } = to;
  // With the uid, which the API server lets nobody change.
  const metadata = { ...to.metadata, uid: from.metadata.uid };
  try {
    return await api.patch<Secret>(resource, metadata.name, 'merge', { metadata, data });
  } catch (error) {
    // Its type was changed, or it was made immutable: neither can be undone. Or it is another one: then its deletion is refused.
    if (!isKubernetesError(error, 'invalid')) throw error;
    await api.delete(resource, from);
    return await api.create<Secret>(resource, to);
  }
}
