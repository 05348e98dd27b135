import type { RegistryMirrorStatus } from '../../api/registry-mirror.js';
import { canonicalJson } from '../../engines/syntax/digest.js';

/** Whether two statuses say the same, whenever their conditions last changed: then nothing has to be written. */
export function sameStatus(a: RegistryMirrorStatus, b: RegistryMirrorStatus): boolean {
  return canonicalJson(timeless(a)) === canonicalJson(timeless(b));
}

function timeless(status: RegistryMirrorStatus): unknown {
  return {
    ...status,
    conditions: status.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
  };
}
