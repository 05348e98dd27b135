import type { KubernetesApi } from '../../kubernetes/api.js';
import { isKubernetesError } from '../../kubernetes/errors.js';
import { listServed } from '../../kubernetes/listing.js';
import type { KubernetesObject, Resource } from '../../kubernetes/objects.js';
import type { Output } from '../output.js';

const CORE = { group: '', version: 'v1' } as const;

export const NAMESPACES: Resource = { ...CORE, plural: 'namespaces' };
export const ALL_PODS: Resource = { ...CORE, plural: 'pods' };
export const podsOf = (namespace: string): Resource => ({ ...CORE, plural: 'pods', namespace });
export const secretsOf = (namespace: string): Resource => ({ ...CORE, plural: 'secrets', namespace });
export const serviceAccountsOf = (namespace: string): Resource => ({ ...CORE, plural: 'serviceaccounts', namespace });

/** Reads from a cluster what the commands need, and nothing but reads. */
export class ClusterReader {
  readonly api: KubernetesApi;
  readonly #output: Output;

  constructor(api: KubernetesApi, output: Output) {
    this.api = api;
    this.#output = output;
  }

  async get<T extends KubernetesObject>(resource: Resource, name: string): Promise<T | undefined> {
    return await this.api.get<T>(resource, name);
  }

  /** A whole collection, page by page. */
  async list<T>(resource: Resource, query: Readonly<Record<string, string>> = {}): Promise<readonly T[]> {
    return (await listServed<T>(this.api, resource, { query })).items;
  }

  /** What `read` gives; undefined, and a word about what that means, where the user may not read it. */
  async ifAllowed<T>(what: string, read: () => Promise<T>, consequence: string): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden')) throw error;
      this.#output.warn(`You may not read ${what}: ${consequence}.`);
      return undefined;
    }
  }

  /** A collection; undefined where the API server has no such kind. */
  async listOfKind<T>(resource: Resource): Promise<readonly T[] | undefined> {
    try {
      return await this.list<T>(resource);
    } catch (error) {
      if (isKubernetesError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** A collection; empty where the API server has no such kind. */
  async listIfServed<T>(resource: Resource): Promise<readonly T[]> {
    return (await this.listOfKind<T>(resource)) ?? [];
  }
}
