import { ANNOTATIONS } from './group.js';
import type { RegistryMirror } from './registry-mirror.js';

/** Whether somebody asked for a look now: then nothing older will do. */
export function isRequested({ metadata, status }: RegistryMirror): boolean {
  const requestedAt = metadata.annotations?.[ANNOTATIONS.requestedAt];
  return requestedAt !== undefined && requestedAt !== status.lastHandledReconcileAt;
}
