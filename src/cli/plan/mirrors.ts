import type { RegistryMirror } from '../../api/registry-mirror.js';
import { canonicalJson } from '../../engines/syntax/digest.js';

/** What applying the files would do to the mirrors' own objects. */
interface ObjectChange {
  readonly action: 'create' | 'update';
  readonly mirror: string;
}

export interface PlannedMirrors {
  /** All mirrors of the cluster as they would be then. */
  readonly mirrors: readonly RegistryMirror[];
  readonly changes: readonly ObjectChange[];
}

/**
 * The cluster's mirrors once the files are applied: a mirror in the files replaces that of its name and goes on from its status. Pure.
 *
 * @param now - RFC 3339: new mirrors are younger than all others
 */
export function plannedMirrors(
  live: readonly RegistryMirror[],
  files: readonly RegistryMirror[],
  now: string,
): PlannedMirrors {
  const before = new Map(live.map((mirror) => [mirror.metadata.name, mirror]));
  const applied = files.map((file) => onto(file, before.get(file.metadata.name), now));
  const names = new Set(files.map(({ metadata }) => metadata.name));
  const changes = files.flatMap((file): readonly ObjectChange[] => {
    const old = before.get(file.metadata.name);
    if (old === undefined) return [{ action: 'create', mirror: file.metadata.name }];
    return isSame(old, file) ? [] : [{ action: 'update', mirror: file.metadata.name }];
  });
  return { mirrors: [...live.filter(({ metadata }) => !names.has(metadata.name)), ...applied], changes };
}

function onto(file: RegistryMirror, live: RegistryMirror | undefined, now: string): RegistryMirror {
  if (live === undefined) {
    const metadata = { ...file.metadata, creationTimestamp: now, generation: 1 };
    return { ...file, metadata, status: { observedGeneration: -1 } };
  }
  const generation = (live.metadata.generation ?? 0) + (isSame(live, file) ? 0 : 1);
  return { ...live, spec: file.spec, metadata: { ...live.metadata, generation } };
}

function isSame(a: RegistryMirror, b: RegistryMirror): boolean {
  return canonicalJson(a.spec) === canonicalJson(b.spec);
}
