import type { RegistryMirror } from '../../api/registry-mirror.js';
import { readEntries } from '../../engines/metadata/annotations.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import { MIRRORS_PER_POLICY } from '../../engines/placement/parts.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import { renderPolicies } from '../../engines/render.js';
import type { RenderOptions } from '../../engines/render.js';
import { chooseEngine, namesEngine, withEngine } from '../../engines/auto.js';
import { policySettings } from '../../engines/settings.js';
import type { PolicyEngine, PolicySettings, WantedSettings } from '../../engines/settings.js';
import type { Served } from '../../engines/auto.js';
import { homesNow } from '../../policies/desired/place.js';
import { findLive, isAsRendered, keyOfPolicy, readPolicy } from '../../policies/observe/live.js';
import type { LivePolicy } from '../../policies/observe/live.js';
import { listedBy } from '../../policies/observe/picture.js';
import { UNCHANGED } from '../../policies/state.js';
import type { RoutingDecision } from '../../policies/state.js';
import type { ServedEntry } from '../explain/in-force.js';

export interface PolicyChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly name: string;
  /** The mirrors in it, after the change. */
  readonly mirrors: readonly string[];
}

/** What Auto chooses from. */
export interface EngineOffer {
  /** The engines that Auto may come to. */
  readonly engines: readonly PolicyEngine[];
  readonly served: Readonly<Record<PolicyEngine, Served>>;
}

/** Every mirror's entry as decided; as it is now where nothing was decided. Pure. */
export function placedEntries(
  mirrors: readonly RegistryMirror[],
  decisions: ReadonlyMap<string, RoutingDecision>,
  served: ReadonlyMap<string, ServedEntry>,
  offer: EngineOffer,
): readonly PlacedEntry[] {
  const settled = (settings: WantedSettings, before: ServedEntry | undefined): PolicySettings => {
    if (namesEngine(settings)) return settings;
    const current = before?.settings.engine;
    return withEngine(settings, chooseEngine({ settings, current, ...offer }).engine);
  };
  return mirrors.flatMap((mirror): readonly PlacedEntry[] => {
    const { name } = mirror.metadata;
    const decision = decisions.get(name) ?? UNCHANGED;
    if (decision.kind === 'withdraw') return [];
    const before = served.get(name);
    if (decision.kind === 'include') {
      return [{ entry: decision.entry, settings: settled(decision.settings, before) }];
    }
    const spec = policySettings(mirror.spec);
    if (before === undefined || spec === undefined) return [];
    return [{ entry: before.entry, settings: mirror.spec.suspend ? before.settings : settled(spec, before) }];
  });
}

/**
 * How many mirrors the operator was told that a policy may have, as far as that shows: what the largest policy has where that is more than the default.
 *
 * @returns undefined where nothing shows that it was told anything
 */
export function mirrorsPerPolicyIn(live: readonly LivePolicy[]): number | undefined {
  const raised = live
    .map(({ kind, object }) => ({ kind, count: readEntries(object)?.length ?? 0 }))
    .filter(({ kind, count }) => count > MIRRORS_PER_POLICY[kind]);
  return raised.length === 0 ? undefined : Math.max(...raised.map(({ count }) => count));
}

/** What the operator would write so that the cluster's policies are as rendered. Pure. */
export function policyChanges(
  placed: readonly PlacedEntry[],
  live: readonly LivePolicy[],
  options: Pick<RenderOptions, 'excludedNamespaces' | 'mirrorsPerPolicy'>,
): readonly PolicyChange[] {
  const byMirror = new Map(placed.map((each) => [each.entry.mirror, each]));
  const homes = homesNow(byMirror, listedBy(live.map(readPolicy)));
  const target = renderPolicies(placed, { ...options, homes });
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
