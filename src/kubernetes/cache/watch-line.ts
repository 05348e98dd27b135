import type { KubernetesObject } from '../objects.js';

/** One line of a watch of objects of type T. */
export type WatchLine<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: Pick<KubernetesObject, 'metadata'> }
  | { readonly type: 'ERROR'; readonly object: WatchError };

/** The Status with which the API server ends a watch. */
interface WatchError {
  readonly code?: number;
  readonly message?: string;
  readonly reason?: string;
}
