import type { KubernetesObject } from '../objects.js';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without what nobody reads here and what may be most of it: who wrote which field, and kubectl's copy of the manifest. */
export function slim<T extends KubernetesObject>(object: T): T {
  const { annotations } = object.metadata;
  const isHeavy = 'managedFields' in object.metadata || annotations?.[LAST_APPLIED] !== undefined;
  if (!isHeavy) return object;
  const metadata = without(object.metadata, 'managedFields');
  return {
    ...object,
    metadata: annotations === undefined ? metadata : { ...metadata, annotations: without(annotations, LAST_APPLIED) },
  };
}

function without<T extends object>(object: T, name: string): T {
  const copy = { ...object };
  Reflect.deleteProperty(copy, name);
  return copy;
}
