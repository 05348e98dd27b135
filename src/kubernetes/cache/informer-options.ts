import type { KubernetesObject } from '../objects.js';
import type { StoreOptions } from './store.js';

/** How a collection is read, and what is kept of it. */
export interface InformerOptions<T = KubernetesObject> extends StoreOptions<T> {
  readonly labelSelector?: string;
  /** What is kept of each object. Default: all but what is heavy and nobody reads. */
  readonly take?: (object: T) => T;
  readonly onError: (error: unknown) => void;
  /** Called after each whole list, its events included. */
  readonly onList?: () => void;
  /** Called as each watch begins: the collection can be read. */
  readonly onWatch?: () => void;
  /** Seconds after which the API server ends a watch; the informer then resumes where it was. */
  readonly watchSeconds?: number;
  /** The pause after a first failure; doubled with each further one. */
  readonly backoffMs?: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now?: () => number;
}
