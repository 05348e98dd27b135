import type { ObjectMeta } from './object-meta.js';
import type { API_VERSION, KIND } from './group.js';
import type { RegistryMirrorSpec, RegistryMirrorStatus } from './registry-mirror.generated.js';

export type * from './registry-mirror.generated.js';

/** A RegistryMirror as the API server serves it: validated, and with the CRD's defaults filled in. */
export interface RegistryMirror {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: ObjectMeta;
  readonly spec: RegistryMirrorSpec;
  readonly status: RegistryMirrorStatus;
}
