import { ANNOTATIONS } from '../../api/group.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import type { MirrorEntry } from '../entry.js';
import type { PolicySettings } from '../settings.js';
import { plainJson } from '../syntax/escape.js';

/** Longer JSON takes a line for each member. */
const LINE = 140;

/** The annotations that say what a policy does, for people and for the operator after a restart: JSON, with a line for each mirror, and a line for each namespace. */
export function contentAnnotations(
  entries: readonly MirrorEntry[],
  settings: PolicySettings,
  excludedNamespaces: readonly string[],
): Readonly<Record<string, string>> {
  const mirrors = entries.map((entry) => lines(entry).replace(/^/gm, '  '));
  return {
    [ANNOTATIONS.mirrors]: mirrors.length === 0 ? '[]' : `[\n${mirrors.join(',\n')}\n]`,
    [ANNOTATIONS.settings]: lines(settings),
    [ANNOTATIONS.excludedNamespaces]: excludedNamespaces.join('\n'),
  };
}

function lines(value: MirrorEntry | PolicySettings): string {
  const line = plainJson(value);
  return line.length <= LINE ? line : plainJson(value, 2);
}

/** The entries that a policy found in the cluster carries in its annotation; undefined when that isn't readable. */
export function readEntries(policy: KubernetesObject): readonly MirrorEntry[] | undefined {
  const text = policy.metadata.annotations?.[ANNOTATIONS.mirrors];
  if (text === undefined) return undefined;
  const entries = parsed(text);
  return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined;
}

/** The settings that a policy found in the cluster was made with; undefined when that isn't readable. */
export function readSettings(policy: KubernetesObject): PolicySettings | undefined {
  const text = policy.metadata.annotations?.[ANNOTATIONS.settings];
  const settings = text === undefined ? undefined : parsed(text);
  return typeof settings === 'object' && settings !== null && 'engine' in settings
    ? (settings as PolicySettings)
    : undefined;
}

/** The namespaces that a policy found in the cluster leaves alone, as names and globs; undefined where it was written by an older operator. */
export function readExcludedNamespaces(policy: KubernetesObject): readonly string[] | undefined {
  const text = policy.metadata.annotations?.[ANNOTATIONS.excludedNamespaces];
  return text?.split(/[,\n]/).filter((name) => name !== '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Someone's edit: the caller writes the policy anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEntry(value: unknown): value is MirrorEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof MirrorEntry, unknown>>;
  return (
    typeof entry.mirror === 'string' &&
    typeof entry.pullPrefix === 'string' &&
    [entry.hosts, entry.include, entry.exclude].every(isTexts)
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
