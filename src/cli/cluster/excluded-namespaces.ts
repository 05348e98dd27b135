import { OPTIONS } from '../../config/options.js';
import { matchesGlob } from '../../image/glob.js';

/** The operator's default: its own namespace is always one. */
export const DEFAULT_EXCLUDED: readonly string[] = [
  ...OPTIONS.excludedNamespaces.fallback.split(','),
  'registry-mirror-system',
];

/** Whether a namespace is among these names and globs (`kube-*`). */
export function isExcluded(namespace: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(glob, namespace));
}
