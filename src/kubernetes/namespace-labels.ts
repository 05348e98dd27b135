import type { Labels } from '../api/object-meta.js';
import type { KubernetesApi } from './api.js';
import { isKubernetesError } from './errors.js';

/** A label that somebody sets or takes away is noticed so soon. */
const MAX_AGE_MS = 10_000;

/** The labels of single namespaces, read one by one: the operator may neither list namespaces nor watch them. */
export class NamespaceLabels {
  readonly #api: Pick<KubernetesApi, 'get'>;
  readonly #now: () => number;
  readonly #read = new Map<string, { readonly labels: Promise<Labels | undefined>; readonly at: number }>();

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(api: Pick<KubernetesApi, 'get'>, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  /**
   * As they were at most ten seconds ago; undefined: there is no such namespace.
   *
   * @throws KubernetesError
   */
  async of(namespace: string): Promise<Labels | undefined> {
    for (const [name, { at }] of this.#read) {
      if (this.#now() - at >= MAX_AGE_MS) this.#read.delete(name);
    }
    const known = this.#read.get(namespace);
    if (known !== undefined) return await known.labels;
    const labels = this.#get(namespace);
    this.#read.set(namespace, { labels, at: this.#now() });
    // Whoever asks next reads again.
    labels.catch(() => this.#read.delete(namespace));
    return await labels;
  }

  async #get(namespace: string): Promise<Labels | undefined> {
    try {
      const found = await this.#api.get({ group: '', version: 'v1', plural: 'namespaces' }, namespace);
      return found === undefined ? undefined : (found.metadata.labels ?? {});
    } catch (error) {
      // A ClusterRole from before doesn't allow it. This label is one that the API server gives every namespace.
      if (isKubernetesError(error, 'forbidden')) return { 'kubernetes.io/metadata.name': namespace };
      throw error;
    }
  }
}
