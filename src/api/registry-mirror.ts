import type { API_VERSION, KIND } from './group.js';
import type { RegistryMirrorSpec, RegistryMirrorStatus } from './registry-mirror.generated.js';

export type * from './registry-mirror.generated.js';

/** What of an object's metadata the operator reads. */
export interface ObjectMeta {
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A RegistryMirror as the API server serves it: validated, and with the CRD's defaults filled in. */
export interface RegistryMirror {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: ObjectMeta;
  readonly spec: RegistryMirrorSpec;
  readonly status: RegistryMirrorStatus;
}
