import type { RegistryMirror } from '../../api/registry-mirror.js';
import { policyEntry, type MirrorEntry } from '../../engines/entry.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import { namesEngine, withEngine } from '../../engines/auto.js';
import { ENGINE_KINDS } from '../../engines/engines.js';
import { policySettings, settingsText } from '../../engines/settings.js';
import type { PolicyEngine, PolicySettings, WantedSettings } from '../../engines/settings.js';
import { chosen, kept } from './auto.js';
import type { ChosenEntry } from './auto.js';
import type { Memory, PlacedMirror } from '../memory.js';
import { mayHave, unknownBecause } from '../observe/picture.js';
import type { Picture } from '../observe/picture.js';
import { UNCHANGED } from '../state.js';
import type { RoutingDecision } from '../state.js';

type Decisions = ReadonlyMap<string, RoutingDecision>;

/** What every mirror is to have in the policies. */
export interface Desired {
  readonly placed: Memory['placed'];
  /** Mirrors that may be in policies which can't be read: all that is known is what their specs claim. */
  readonly unread: readonly MirrorEntry[];
}

/** What was decided of each mirror, and as it was where nothing was. Pure. */
export function desiredPolicies(
  mirrors: readonly RegistryMirror[],
  decisions: Decisions,
  picture: Picture,
  memory: Memory,
): Desired {
  const placed = new Map<string, PlacedMirror>();
  const unread: MirrorEntry[] = [];
  for (const mirror of mirrors) {
    const { name, uid } = mirror.metadata;
    if (isGoneAlready(mirror, picture)) continue;
    const wanted = wantedEntry(mirror, decisions.get(name) ?? UNCHANGED, picture, memory);
    if (wanted !== undefined) placed.set(name, { entry: wanted.entry, settings: wanted.settings, uid });
    else if (!decisions.has(name) && mayBeUnread(mirror, picture)) unread.push(policyEntry(mirror, ''));
  }
  return { placed, unread };
}

/**
 * Whether the mirror is being deleted and its policy is no more. In a deletion in the foreground the garbage collector takes the policy away before the
 * operator does: written again, it would send Pods to a project that is about to go.
 */
function isGoneAlready({ metadata }: RegistryMirror, picture: Picture): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return !mayHave(picture, metadata.name) && unknownBecause(picture) === undefined;
}

function wantedEntry(
  mirror: RegistryMirror,
  decision: RoutingDecision,
  picture: Picture,
  memory: Memory,
): ChosenEntry | undefined {
  if (decision.kind === 'withdraw') return undefined;
  if (decision.kind === 'include') return chosen(mirror, decision, picture, memory);
  // Engine None is the way to stop at once.
  const present = policySettings(mirror.spec) === undefined ? undefined : presentEntry(mirror, picture, memory);
  return present && kept(mirror, present, picture);
}

/** What the mirror has, or was to have when that was last worked out. */
export function presentEntry(mirror: RegistryMirror, picture: Picture, memory: Memory): PlacedEntry | undefined {
  const { name, uid } = mirror.metadata;
  const placed = memory.placed.get(name);
  // Harbor may not have the project any more of one that was deleted, and that somebody has made anew.
  if (placed !== undefined && placed.uid === uid) return placed;
  const spec = policySettings(mirror.spec);
  const homes = (picture.byMirror.get(name) ?? []).flatMap(({ entries, settings }) => {
    const entry = entries.get(name);
    return entry === undefined || settings === undefined ? [] : [{ entry, settings }];
  });
  // One that was on its way when the operator was restarted goes on; with Auto that is away from the ClusterPolicy.
  const goals = homes.filter(({ settings }) => {
    return spec !== undefined && settingsText(settings) === settingsText(goal(spec, settings.engine));
  });
  return goals.find(({ settings }) => settings.engine !== 'ClusterPolicy') ?? goals[0] ?? homes[0];
}

function goal(spec: WantedSettings, engine: PolicyEngine): PolicySettings {
  return namesEngine(spec) ? spec : withEngine(spec, engine);
}

function mayBeUnread({ spec }: RegistryMirror, { knowledge }: Picture): boolean {
  const settings = policySettings(spec);
  if (settings === undefined) return false;
  const engines = settings.engine === 'Auto' ? ENGINE_KINDS : [settings.engine];
  return unknownBecause({ knowledge }, engines) !== undefined;
}
