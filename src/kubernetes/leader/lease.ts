import type { KubernetesApi } from '../api.js';
import { isKubernetesError } from '../errors.js';
import type { KubernetesObject, Resource } from '../objects.js';
import { resourcePath } from '../objects.js';

export interface Lease extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

interface LeaseAt {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
}

/** Reads and writes one Lease, each call with a deadline of its own. All reject with a KubernetesError. */
export class LeaseCalls {
  readonly #api: KubernetesApi;
  readonly #name: string;
  readonly #resource: Resource;
  readonly #timeoutMs: number;

  constructor({ api, namespace, name }: LeaseAt, timeoutMs: number) {
    this.#api = api;
    this.#name = name;
    this.#resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace };
    this.#timeoutMs = timeoutMs;
  }

  async read(): Promise<Lease | undefined> {
    try {
      return await this.#api.request<Lease>({ method: 'GET', ...this.#call(this.#name) });
    } catch (error) {
      if (isKubernetesError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  async create(spec: Lease['spec']): Promise<Lease> {
    const body = { metadata: { name: this.#name }, spec };
    return await this.#api.request<Lease>({ method: 'POST', ...this.#call(), body });
  }

  /** Guarded by the resourceVersion of the lease that was read. */
  async replace(lease: Lease, spec: Lease['spec']): Promise<Lease> {
    const body = { ...lease, spec };
    return await this.#api.request<Lease>({ method: 'PUT', ...this.#call(this.#name), body });
  }

  #call(name?: string): { readonly path: string; readonly timeoutMs: number } {
    return { path: resourcePath(this.#resource, name), timeoutMs: this.#timeoutMs };
  }
}
