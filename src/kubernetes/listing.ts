import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { Resource } from './objects.js';
import { checkSchema } from './schema.js';

type Query = Readonly<Record<string, string>>;

/** A whole collection at one moment. */
export interface Listing<T> {
  /** The collection, in the version in which it was read. */
  readonly resource: Resource;
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/**
 * Lists a collection in the newest version in which the API server has it.
 *
 * @throws KubernetesError (kind `notFound`) where it has it in none
 */
export async function listServed<T>(
  api: KubernetesApi,
  resource: Resource,
  query: Query = {},
  signal?: AbortSignal,
): Promise<Listing<T>> {
  try {
    return await list<T>(api, resource, query, signal);
  } catch (error) {
    const [version, ...olderVersions] = resource.olderVersions ?? [];
    if (version === undefined || !isKubernetesError(error, 'notFound')) throw error;
    return await listServed<T>(api, { ...resource, version, olderVersions }, query, signal);
  }
}

/** Page by page. */
async function list<T>(
  api: KubernetesApi,
  resource: Resource,
  query: Query,
  signal: AbortSignal | undefined,
): Promise<Listing<T>> {
  let page = await api.listPage<T>(resource, query, undefined, signal);
  await checkSchema(api, resource, page.kind?.replace(/List$/, '') ?? '');
  const items = [...page.items];
  while (page.metadata.continue) {
    page = await api.listPage<T>(resource, query, page.metadata.continue, signal);
    items.push(...page.items);
  }
  return { resource, items, resourceVersion: page.metadata.resourceVersion };
}
