import { ANNOTATIONS } from '../api/group.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { clusterPolicy } from './cluster-policy.js';
import type { MirrorEntry } from './entry.js';
import { plainJson } from './escape.js';
import { groups, withStaying } from './group.js';
import type { Homes, PlacedEntry, StayingEntry } from './group.js';
import { mutatingAdmissionPolicy } from './mutating-admission-policy.js';
import { mutatingPolicy } from './mutating-policy.js';
import type { PolicyInput } from './policy-input.js';
import type { EnginePolicy, RenderedPolicy } from './policy.js';
import { precedence } from './precedence.js';
import type { PolicySettings } from './settings.js';

export interface RenderOptions {
  /** Namespaces whose Pods are never touched: names, or globs such as `kube-*`. */
  readonly excludedNamespaces: readonly string[];
  /** Where mirrors are now: they stay there. Default: nowhere. */
  readonly homes?: Homes;
  /** What stays elsewhere for a while besides. */
  readonly staying?: readonly StayingEntry[];
}

/**
 * The policies that put these mirrors in force: mirrors with the same settings share one, or a few where they are many. Same input, in whatever
 * order, gives byte-equal output.
 */
export function renderPolicies(placed: readonly PlacedEntry[], options: RenderOptions): readonly RenderedPolicy[] {
  const { homes, staying = [] } = options;
  const rulesOf = precedence([...placed, ...staying].map(({ entry }) => entry));
  const excludedNamespaces = [...new Set(options.excludedNamespaces)].sort();
  return withStaying(groups(placed, homes), staying).map((group) =>
    renderPolicy({ ...group, rules: rulesOf(group.entries), excludedNamespaces }),
  );
}

/**
 * What a policy becomes before it is deleted: it matches nothing, so nobody is sent to Kyverno for it while it goes. Kyverno refuses the
 * Pods that come for a policy which it can't find any more.
 */
export function renderEmpty(name: string, settings: PolicySettings): RenderedPolicy {
  return renderPolicy({ name, settings, entries: [], rules: [], excludedNamespaces: [] });
}

/** One policy. The settings go along, so that an entry can stay where it is for a while after its mirror's settings changed. */
export function renderPolicy(input: PolicyInput): RenderedPolicy {
  const { object, ...policy } = enginePolicy(input);
  const annotations = {
    ...object.metadata.annotations,
    [ANNOTATIONS.settings]: plainJson(input.settings),
    [ANNOTATIONS.excludedNamespaces]: input.excludedNamespaces.join(','),
  };
  return {
    ...policy,
    settings: input.settings,
    object: { ...object, metadata: { ...object.metadata, annotations } },
  };
}

function enginePolicy(input: PolicyInput): EnginePolicy {
  switch (input.settings.engine) {
    case 'ClusterPolicy':
      return clusterPolicy(input);
    case 'MutatingPolicy':
      return mutatingPolicy(input);
    case 'MutatingAdmissionPolicy':
      return mutatingAdmissionPolicy(input);
  }
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
  return text?.split(',').filter((name) => name !== '');
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
