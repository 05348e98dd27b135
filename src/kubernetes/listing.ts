import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';
import type { Resource } from './objects.js';
import { Schemas } from './schema.js';

/** A whole collection at one moment. */
export interface Listing<T> {
  /** The collection, in the version in which it was read. */
  readonly resource: Resource;
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What is kept of each item: no more than a page is held in full. Default: all of it. */
  readonly take?: (item: T) => T;
  /** For who lists again and again: what is known of schemas from before. */
  readonly schemas?: Schemas;
}

/**
 * Lists a collection in the newest version in which the API server has it.
 *
 * @throws KubernetesError (kind `notFound`) where it has it in none
 */
export async function listServed<T>(
  api: KubernetesApi,
  resource: Resource,
  options: ListOptions<T> = {},
): Promise<Listing<T>> {
  try {
    return await list<T>(api, resource, options);
  } catch (error) {
    const [version, ...olderVersions] = resource.olderVersions ?? [];
    if (version === undefined || !isKubernetesError(error, 'notFound')) throw error;
    return await listServed<T>(api, { ...resource, version, olderVersions }, options);
  }
}

/** Page by page. */
async function list<T>(api: KubernetesApi, resource: Resource, options: ListOptions<T>): Promise<Listing<T>> {
  const { query = {}, signal, take = (item: T): T => item, schemas = new Schemas(api) } = options;
  let page = await api.listPage<T>(resource, query, undefined, signal);
  await schemas.check(resource, page.kind?.replace(/List$/, '') ?? '', signal);
  const items = page.items.map(take);
  while (page.metadata.continue) {
    page = await api.listPage<T>(resource, query, page.metadata.continue, signal);
    for (const item of page.items) items.push(take(item));
  }
  return { resource, items, resourceVersion: page.metadata.resourceVersion };
}
