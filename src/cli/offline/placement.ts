import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName, upstreamHosts } from '../../api/spec/upstream-types.js';
import { policyEntry } from '../../engines/entry.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import { namesEngine, withEngine } from '../../engines/auto.js';
import { policySettings } from '../../engines/settings.js';
import type { PolicyEngine, PolicySettings, WantedSettings } from '../../engines/settings.js';
import { findConflicts } from '../../mirror/claims/conflicts.js';
import { InputError } from '../input-error.js';

/** What Auto comes to in a cluster of today. */
export const DEFAULT_AUTO_ENGINE: PolicyEngine = 'MutatingAdmissionPolicy';

/** What the mirrors of some files come to, were they all served. */
interface Placement {
  readonly placed: readonly PlacedEntry[];
  /** Why a mirror isn't placed, by the mirror's name. */
  readonly left: ReadonlyMap<string, string>;
  /** The mirrors whose rewrite.engine is None, by host. */
  readonly switchedOff: ReadonlyMap<string, string>;
  /** No mirror loses a host to another. */
  readonly isWhole: boolean;
}

/**
 * Places mirrors in policies as the operator does once Harbor has their projects.
 *
 * @param harborHost pull host of the operator's own Harbor, for mirrors that name none.
 * @param autoEngine what engine Auto comes to: that is for a cluster to say.
 * @throws InputError where a mirror's pull host isn't known.
 */
export function place(
  mirrors: readonly RegistryMirror[],
  harborHost: string | undefined,
  autoEngine: PolicyEngine = DEFAULT_AUTO_ENGINE,
): Placement {
  const conflicts = findConflicts(mirrors, () => false);
  const left = new Map<string, string>();
  const settled = (settings: WantedSettings): PolicySettings => {
    return namesEngine(settings) ? settings : withEngine(settings, autoEngine);
  };
  const placed = mirrors.flatMap((mirror): readonly PlacedEntry[] => {
    const { name } = mirror.metadata;
    const settings = policySettings(mirror.spec);
    const conflict = conflicts.get(name);
    if (settings === undefined) left.set(name, 'its rewrite.engine is None');
    else if (conflict !== undefined)
      left.set(name, `${conflict.winner} has its host ${conflict.host}, and so the operator stalls one of the two`);
    else return [{ entry: policyEntry(mirror, pullPrefix(mirror, harborHost)), settings: settled(settings) }];
    return [];
  });
  const off = mirrors.filter(({ spec }) => policySettings(spec) === undefined);
  const switchedOff = new Map(
    off.flatMap(({ metadata, spec }) => upstreamHosts(spec).map((host) => [host, metadata.name])),
  );
  return { placed, left, switchedOff, isWhole: conflicts.size === 0 };
}

/** `host[:port]/project`: where nodes pull the mirror's images from. */
export function pullPrefix(mirror: RegistryMirror, harborHost: string | undefined): string {
  const { url, pullHost = url === undefined ? harborHost : (URL.parse(url)?.host ?? url) } = mirror.spec.harbor ?? {};
  if (pullHost === undefined) {
    throw new InputError(
      `The pull host of mirror ${mirror.metadata.name} is not known without a cluster: give it with --harbor-host, or write spec.harbor.pullHost.`,
    );
  }
  return `${pullHost}/${projectName(mirror)}`;
}
