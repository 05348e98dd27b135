import type { ObjectMeta } from '../api/object-meta.js';

/** Any Kubernetes object. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** What tells an object of several namespaces from all others of its kind. */
export function namespacedName({ metadata: { namespace = '', name } }: Pick<KubernetesObject, 'metadata'>): string {
  return `${namespace}/${name}`;
}

/** A collection of the API: what a list, a watch and a name are relative to. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  /** Versions of the group in which older clusters serve the same objects, the newest first. */
  readonly olderVersions?: readonly string[];
  /** A field that the schema of the kind has to have, as in `spec.evaluation`: a cluster without it counts as one without the kind. */
  readonly neededField?: string;
}

/** The path of a collection below the API server's url, or of one object in it. */
export function resourcePath(resource: Resource, name?: string, subresource?: string): string {
  const parts = resource.group === '' ? ['/api', resource.version] : ['/apis', resource.group, resource.version];
  if (resource.namespace !== undefined) parts.push('namespaces', encodeURIComponent(resource.namespace));
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/**
 * Whether `a` is a later version of the same object than `b`. Comparing resourceVersions as numbers is allowed for
 * objects of one resource (Kubernetes documentation, "Resource versions", since 1.35; etcd's revisions before).
 */
export function isNewer(a: KubernetesObject, b: KubernetesObject): boolean {
  const [left, right] = [a.metadata.resourceVersion ?? '0', b.metadata.resourceVersion ?? '0'];
  return left.length === right.length ? left > right : left.length > right.length;
}
