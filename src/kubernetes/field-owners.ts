import type { KubernetesObject } from './objects.js';

/** Who owns part of an object's spec: who has written it last, and whether by applying it. */
export interface SpecOwner {
  readonly manager: string;
  readonly isApplied: boolean;
}

/** By the object's managedFields, which the API server keeps. What it filled in itself is owned by nobody. */
export function specOwners(object: KubernetesObject): readonly SpecOwner[] {
  return managedFields(object)
    .filter(isOfSpec)
    .map(({ manager = '', operation }) => ({ manager, isApplied: operation === 'Apply' }));
}

/** The object's managedFields without those of others in its spec. */
export function withoutOthers(object: KubernetesObject, manager: string): readonly ManagedFields[] {
  return managedFields(object).filter((entry) => !isOfSpec(entry) || entry.manager === manager);
}

function managedFields({ metadata }: KubernetesObject): readonly ManagedFields[] {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly ManagedFields[] };
  return managedFields;
}

function isOfSpec({ fieldsV1 }: ManagedFields): boolean {
  return fieldsV1 !== undefined && 'f:spec' in fieldsV1;
}

/** As in metadata.managedFields. */
interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: object;
}
