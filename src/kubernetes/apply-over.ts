import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { KubernetesObject, Resource } from './objects.js';

/** Others may write again and again, such as a controller that keeps an object's status. */
export const TRIES = 4;

export interface Apply {
  readonly resource: Resource;
  /** What is applied. */
  readonly body: KubernetesObject;
  /** The object as it was read last; undefined: there was none. */
  readonly known: KubernetesObject | undefined;
  readonly fieldManager: string;
}

/**
 * Applies an object over the version of it that is known, and where others have written meanwhile, over the one that is there then. So the API server refuses
 * a write that comes to it after a later one, or after the object's deletion: one that was given up on, or that a replica sent which led before. Only the
 * first write of an object, which isn't there yet, can't be told from a late one.
 */
export async function applyOver<T extends KubernetesObject>(
  api: Pick<KubernetesApi, 'get' | 'patch'>,
  { resource, body, known, fieldManager }: Apply,
): Promise<T> {
  const { name } = body.metadata;
  let over = known;
  for (let tries = 1; ; tries += 1) {
    const { uid, resourceVersion } = over?.metadata ?? {};
    // The uid, too: of an object that isn't there the API server doesn't look at the version.
    const metadata = { ...body.metadata, ...(over === undefined ? {} : { uid, resourceVersion }) };
    try {
      return await api.patch<T>(resource, name, 'apply', { ...body, metadata }, { fieldManager });
    } catch (error) {
      if (!isKubernetesError(error, 'conflict') || tries === TRIES) throw error;
      over = await api.get(resource, name);
    }
  }
}
