import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import { renderPolicies } from '../../engines/render.js';
import { policySettings } from '../../engines/settings.js';
import { findLive, homesIn, isAsRendered, keyOfPolicy } from '../../policies/live.js';
import type { LivePolicy } from '../../policies/live.js';
import type { RoutingDecision } from '../../policies/state.js';
import type { ServedEntry } from '../explain/in-force.js';

export interface PolicyChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly name: string;
  /** The mirrors in it, after the change. */
  readonly mirrors: readonly string[];
}

/** Every mirror's entry as decided; as it is now where nothing was decided. Pure. */
export function placedEntries(
  mirrors: readonly RegistryMirror[],
  decisions: ReadonlyMap<string, RoutingDecision>,
  served: ReadonlyMap<string, ServedEntry>,
): readonly PlacedEntry[] {
  return mirrors.flatMap((mirror): readonly PlacedEntry[] => {
    const { name } = mirror.metadata;
    const decision = decisions.get(name) ?? { kind: 'unchanged' };
    if (decision.kind === 'withdraw') return [];
    if (decision.kind === 'include') return [{ entry: decision.entry, settings: decision.settings }];
    const before = served.get(name);
    const spec = policySettings(mirror.spec);
    const settings = mirror.spec.suspend && spec !== undefined ? before?.settings : spec;
    return before === undefined || settings === undefined ? [] : [{ entry: before.entry, settings }];
  });
}

/** What the operator would write so that the cluster's policies are as rendered. Pure. */
export function policyChanges(
  placed: readonly PlacedEntry[],
  live: readonly LivePolicy[],
  excludedNamespaces: readonly string[],
): readonly PolicyChange[] {
  const target = renderPolicies(placed, { excludedNamespaces, homes: homesIn(live, placed) });
  const wanted = new Set(target.map(keyOfPolicy));
  const gone = live.filter(({ kind, object }) => !wanted.has(keyOfPolicy({ kind, name: object.metadata.name })));
  return [
    ...target.flatMap((policy) => written(policy, live)),
    ...gone.map(({ kind, object }): PolicyChange => ({
      action: 'delete',
      kind,
      name: object.metadata.name,
      mirrors: [],
    })),
  ];
}

function written(policy: RenderedPolicy, live: readonly LivePolicy[]): readonly PolicyChange[] {
  const there = findLive(live, policy);
  if (there !== undefined && isAsRendered(there, policy)) return [];
  const action = there === undefined ? 'create' : 'update';
  const mirrors = policy.entries.map(({ mirror }) => mirror);
  return [{ action, kind: policy.kind, name: policy.name, mirrors }];
}
