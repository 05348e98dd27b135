import { withDefaults } from '../../../src/api/spec/defaults.js';
import { API_VERSION, KIND } from '../../../src/api/group.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../src/api/registry-mirror.js';
import type { ObjectMeta } from '../../../src/api/object-meta.js';

interface Written {
  readonly spec?: object;
  readonly metadata?: Partial<ObjectMeta>;
  readonly status?: RegistryMirrorStatus;
}

/** A mirror of quay.io as the API server serves it, with what a test says of it. */
export function mirror(name: string, { spec = {}, metadata = {}, status }: Written = {}): RegistryMirror {
  const whole = withDefaults({
    metadata: { name, uid: `uid-${name}`, generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { upstream: { type: 'quay' }, ...spec },
  });
  return { ...whole, apiVersion: API_VERSION, kind: KIND, ...(status && { status }) };
}
