import { heldForMs } from './plan/acting.js';
import { rememberedWith } from './held.js';
import type { Memory } from './memory.js';
import { keyOfPolicy } from './observe/live.js';
import { unknownBecause } from './observe/picture.js';
import type { Picture } from './observe/picture.js';

interface InjectionInput {
  /** The mirror's. */
  readonly name: string;
  readonly picture: Picture;
  readonly memory: Memory;
}

/** The pull prefixes that any policy in the cluster, or one that is about to be, gives Pods pull Secrets for. Pure. */
export function injectedPrefixes({ name, picture, memory }: InjectionInput): ReadonlySet<string> {
  const placed = memory.placed.get(name);
  const live = (picture.byMirror.get(name) ?? []).flatMap(({ entries, settings }) => {
    const entry = entries.get(name);
    return entry === undefined || settings === undefined ? [] : [{ entry, settings }];
  });
  const injecting = [...live, ...(placed === undefined ? [] : [placed])].filter(
    ({ settings }) => settings.pullSecret === 'Inject',
  );
  return new Set(injecting.map(({ entry }) => entry.pullPrefix));
}

/**
 * Whether no policy may send new Pods for the mirror anywhere without the pull Secret for this place: neither one that has it, nor one that
 * let go of it and may be in force still. Pure.
 */
export function injectsAlone(input: InjectionInput & { readonly pullPrefix: string; readonly now: number }): boolean {
  const { name, picture, memory, pullPrefix, now } = input;
  if (unknownBecause(picture) !== undefined) return false;
  const there = picture.byMirror.get(name) ?? [];
  const keys = new Set(there.map(({ key }) => key));
  const left = rememberedWith(name, memory).filter((policy) => !keys.has(keyOfPolicy(policy)));
  return (
    there.every(({ entries, settings }) => {
      return settings?.pullSecret === 'Inject' && entries.get(name)?.pullPrefix === pullPrefix;
    }) && left.every((policy) => heldForMs(policy, name, picture, now) === 0)
  );
}
