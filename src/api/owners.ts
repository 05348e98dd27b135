import { API_VERSION, KIND } from './group.js';
import type { ObjectMeta, OwnerReference } from './object-meta.js';

/** A mirror's object: another one of the same name has another uid. */
export interface Owner {
  readonly name: string;
  readonly uid: string;
}

/** Has an object go with the last of its mirrors, also where no operator runs. No mirror's deletion waits for it. */
export function ownedBy(owners: readonly Owner[]): { readonly ownerReferences?: readonly OwnerReference[] } {
  if (owners.length === 0) return {};
  return {
    ownerReferences: inOrder(owners.map(({ name, uid }) => ({ apiVersion: API_VERSION, kind: KIND, name, uid }))),
  };
}

/** The finalizer of an object whose dependents the garbage collector deletes first. */
const FOREGROUND = 'foregroundDeletion';

/** Whether the garbage collector leaves alone what this mirror's object owns, for now. */
export function keepsDependents({ finalizers = [] }: Pick<ObjectMeta, 'finalizers'>): boolean {
  return !finalizers.includes(FOREGROUND);
}

/** The mirrors that own an object; what else owns it, somebody else has added. Sorted: the API server has an order of its own. */
export function ownersOf({ metadata }: { readonly metadata: ObjectMeta }): readonly OwnerReference[] {
  return inOrder(
    (metadata.ownerReferences ?? []).filter(({ kind, apiVersion }) => kind === KIND && apiVersion === API_VERSION),
  );
}

function inOrder(references: readonly OwnerReference[]): readonly OwnerReference[] {
  const text = ({ name, uid }: OwnerReference): string => `${name} ${uid}`;
  return references.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}
