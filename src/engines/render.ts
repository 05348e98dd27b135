import { contentAnnotations } from './metadata/annotations.js';
import { groups, withStaying } from './placement/group.js';
import type { Homes, PlacedEntry, StayingEntry } from './placement/group.js';
import type { PolicyInput } from './engine.js';
import { ENGINES } from './engines.js';
import { ownedBy } from '../api/owners.js';
import type { Owner } from '../api/owners.js';
import type { PolicyObject, RenderedPolicy } from './policy.js';
import { precedence } from './placement/precedence.js';
import type { PolicySettings } from './settings.js';

export interface RenderOptions {
  /** Namespaces whose Pods are never touched: names, or globs such as `kube-*`. */
  readonly excludedNamespaces: readonly string[];
  /** How many mirrors a policy has at most. Default: what suits the engine. */
  readonly mirrorsPerPolicy?: number | undefined;
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
  const { homes, mirrorsPerPolicy, staying = [] } = options;
  const rulesOf = precedence([...placed, ...staying].map(({ entry }) => entry));
  const excludedNamespaces = [...new Set(options.excludedNamespaces)].sort();
  return withStaying(groups(placed, homes, mirrorsPerPolicy), staying).map((group) =>
    renderPolicy({ ...group, rules: rulesOf(group.entries), excludedNamespaces }),
  );
}

/**
 * What a policy becomes before it is deleted: it matches nothing, so nobody is sent to Kyverno for it while it goes. Kyverno refuses the
 * Pods that come for a policy which it can't find any more.
 *
 * @param owners - who takes it along where no operator is left to delete it
 */
export function renderEmpty(name: string, settings: PolicySettings, owners: readonly Owner[] = []): RenderedPolicy {
  return renderPolicy({ name, settings, entries: [], rules: [], excludedNamespaces: [] }, owners);
}

/**
 * One policy. The settings go along, so that an entry can stay where it is for a while after its mirror's settings changed.
 *
 * @param owners - its mirrors' objects, as far as they are in the cluster; the policy decides the same whoever they are
 */
export function renderPolicy(input: PolicyInput, owners: readonly Owner[] = []): RenderedPolicy {
  const { object, binding, ...policy } = ENGINES[input.settings.engine].render(input);
  const annotations = contentAnnotations(input.entries, input.settings, input.excludedNamespaces);
  return {
    ...policy,
    settings: input.settings,
    object: withMetadata(object, {
      annotations: { ...object.metadata.annotations, ...annotations },
      ...ownedBy(owners),
    }),
    ...(binding === undefined ? {} : { binding: withMetadata(binding, ownedBy(owners)) }),
  };
}

function withMetadata(object: PolicyObject, more: Partial<PolicyObject['metadata']>): PolicyObject {
  return { ...object, metadata: { ...object.metadata, ...more } };
}
