import type { KubernetesObject } from './objects.js';

/** Who owns part of an object's spec: who has written it last, and whether by applying it. */
export interface SpecOwner {
  readonly manager: string;
  readonly isApplied: boolean;
}

/** By the object's managedFields, which the API server keeps. What it filled in itself is owned by nobody. */
export function specOwners({ metadata }: KubernetesObject): readonly SpecOwner[] {
  const { managedFields } = metadata as { readonly managedFields?: unknown };
  if (!Array.isArray(managedFields)) return [];
  return (managedFields as readonly ManagedFields[])
    .filter(({ fieldsV1 }) => fieldsV1 !== undefined && 'f:spec' in fieldsV1)
    .map(({ manager = '', operation }) => ({ manager, isApplied: operation === 'Apply' }));
}

/** As in metadata.managedFields. */
interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: object;
}
