import { DEFAULT_EXCLUDED_NAMESPACES } from '../../config/excluded-namespaces.js';
import { matchesGlob } from '../../image/glob.js';

/** The operator's default: its own namespace is always one. */
export const DEFAULT_EXCLUDED: readonly string[] = [...DEFAULT_EXCLUDED_NAMESPACES, 'registry-mirror-system'];

/** Whether a namespace is among these names and globs (`kube-*`). */
export function isExcluded(namespace: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(glob, namespace));
}
