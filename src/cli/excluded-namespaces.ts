import { OPTIONS } from '../config/options.js';
import { matchesGlob } from '../image/glob.js';
import type { KubernetesObject } from '../kubernetes/objects.js';

/** The operator's default: its own namespace is always one. */
export const DEFAULT_EXCLUDED: readonly string[] = [
  ...OPTIONS.excludedNamespaces.fallback.split(','),
  'registry-mirror-system',
];

/** Whether a namespace is among these names and globs (`kube-*`). */
export function isExcluded(namespace: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(glob, namespace));
}

const EXACT = /!\(request\.namespace in \[((?:"[^"]*"(?:, )?)+)\]\)/;
const GLOBS = /!request\.namespace\.matches\("\^(.*?)\$"\)/;
const ESCAPE = /\\U([0-9a-f]{8})/g;

/**
 * The namespaces that a policy of ours leaves alone, out of its own first match condition: with what the operator was
 * configured is written nowhere else in the cluster.
 *
 * @returns undefined where the policy names none, or not in a form that is understood
 */
export function excludedBy(policy: KubernetesObject): readonly string[] | undefined {
  const condition = [...strings(policy)].find((text) => /^!\(?request\.namespace[ .]/.test(text));
  if (condition === undefined) return undefined;
  const text = unescaped(condition);
  const exact = [...(EXACT.exec(text)?.[1]?.matchAll(/"([^"]*)"/g) ?? [])].map(([, name = '']) => name);
  const [, pattern = ''] = GLOBS.exec(text) ?? [];
  const globs = pattern === '' ? [] : globsOf(pattern);
  return [...globs, ...exact];
}

/** `(?:kube-.*|cattle-.*)` as the globs that it was made of: what else a namespace's name has stands for itself in a pattern. */
function globsOf(pattern: string): readonly string[] {
  return pattern
    .replace(/^\(\?:|\)$/g, '')
    .split('|')
    .map((part) => part.replaceAll('.*', '*'));
}

function unescaped(literal: string): string {
  return literal.replace(ESCAPE, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

function* strings(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) if (key !== 'managedFields') yield* strings(member);
  }
}
