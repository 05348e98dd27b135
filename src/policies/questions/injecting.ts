import type { Memory } from '../memory.js';
import { unknownBecause } from '../observe/picture.js';
import type { Picture } from '../observe/picture.js';

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

/** Whether no policy in the cluster has the mirror without a pull Secret. Pure. */
export function injectsAlone({ name, picture }: Omit<InjectionInput, 'memory'>): boolean {
  if (unknownBecause(picture) !== undefined) return false;
  return (picture.byMirror.get(name) ?? []).every(({ settings }) => settings?.pullSecret === 'Inject');
}
