import type { RegistryMirror } from '../../api/registry-mirror.js';
import { chooseEngine, namesEngine, STAYS, withEngine } from '../../engines/auto.js';
import type { EngineChoice, Served } from '../../engines/auto.js';
import type { MirrorEntry } from '../../engines/entry.js';
import { byEngine } from '../../engines/engines.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import type { PolicyEngine, WantedSettings } from '../../engines/settings.js';
import type { Memory } from '../memory.js';
import type { Picture } from '../observe/picture.js';

/** What a mirror is to have, and why its engine is the one that it is. */
export interface ChosenEntry extends PlacedEntry {
  /** Undefined where the mirror names its engine. */
  readonly because?: string;
}

/** What is decided to go into a policy, with the engine that Auto comes to. Pure. */
export function chosen(
  mirror: RegistryMirror,
  { entry, settings }: { readonly entry: MirrorEntry; readonly settings: WantedSettings },
  picture: Picture,
  memory: Memory,
): ChosenEntry {
  if (namesEngine(settings)) return { entry, settings };
  const { engine, because } = choice(settings, currentEngine(mirror, picture, memory), picture);
  return { entry, settings: withEngine(settings, engine), because };
}

/** What stays as it is: Auto takes another engine only where the mirror's own is gone. Pure. */
export function kept(mirror: RegistryMirror, present: PlacedEntry, picture: Picture): ChosenEntry {
  if (mirror.spec.rewrite.engine !== 'Auto') return present;
  const { entry, settings } = present;
  const isGone = picture.knowledge[settings.engine].kind === 'missing';
  const { engine, because } = choice(settings, isGone ? undefined : settings.engine, picture);
  if (!isGone && engine !== settings.engine) return { ...present, because: STAYS };
  return { entry, settings: withEngine(settings, engine), because };
}

function choice(settings: WantedSettings, current: PolicyEngine | undefined, picture: Picture): EngineChoice {
  return chooseEngine({ settings, current, engines: picture.autoEngines, served: servedBy(picture) });
}

function servedBy({ knowledge }: Picture): Readonly<Record<PolicyEngine, Served>> {
  return byEngine((kind) => {
    switch (knowledge[kind].kind) {
      case 'known':
        return 'served';
      case 'missing':
        return 'missing';
      case 'reading':
      case 'unreadable':
        return 'unknown';
    }
  });
}

/** A mirror that moves is in two policies: it goes on to the one that it was moving to. */
function currentEngine(
  { metadata, status }: RegistryMirror,
  picture: Picture,
  memory: Memory,
): PolicyEngine | undefined {
  const { name } = metadata;
  const placed = memory.placed.get(name);
  if (placed !== undefined) return placed.settings.engine;
  const found = picture.byMirror.get(name) ?? [];
  return (found.find(({ kind }) => kind !== 'ClusterPolicy') ?? found[0])?.kind ?? status.policy?.kind;
}
