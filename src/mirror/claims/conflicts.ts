import type { RegistryMirror } from '../../api/registry-mirror.js';
import { upstreamHosts } from '../../api/spec/upstream-types.js';
import { literalPrefix } from '../../image/glob.js';

/** What a mirror wants to rewrite: a host and the literal beginnings of its repositories ("" for all of the host). */
export interface Claim {
  readonly mirror: string;
  readonly host: string;
  readonly prefix: string;
}

/** Why a mirror may not have a host. */
export interface HostConflict {
  readonly host: string;
  readonly prefix: string;
  /** The mirror that has it. */
  readonly winner: string;
}

/** The literal beginnings of what is included: of everything, where nothing is said. */
export function literalPrefixes(include: readonly string[] = []): readonly string[] {
  return include.length === 0 ? [''] : [...new Set(include.map(literalPrefix))];
}

/** A mirror that rewrites nothing, or is going away, sends no Pod anywhere. */
export function rewrites({ spec, metadata }: RegistryMirror): boolean {
  return spec.rewrite.engine !== 'None' && metadata.deletionTimestamp === undefined;
}

/** What the mirror claims; none where it {@link rewrites} nothing. */
export function claims(mirror: RegistryMirror): readonly Claim[] {
  if (!rewrites(mirror)) return [];
  const prefixes = literalPrefixes(mirror.spec.rewrite.repositories?.include);
  return upstreamHosts(mirror.spec).flatMap((host) =>
    prefixes.map((prefix) => ({ mirror: mirror.metadata.name, host, prefix })),
  );
}

/** Older first, then by name: who comes first keeps a host that both want. */
export function byAge(a: RegistryMirror, b: RegistryMirror): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/**
 * Which mirrors lose a host to another. Two claims with different literal prefixes don't conflict: the longest wins at each
 * image. Of two with the same, a mirror that already serves it keeps it, whatever is edited; else the older object, then the
 * smaller name.
 *
 * @param serves - whether the policy in the cluster already has exactly this for this mirror
 * @returns the first conflict of each mirror that lost, by the mirror's name
 */
export function findConflicts(
  mirrors: readonly RegistryMirror[],
  serves: (claim: Claim) => boolean,
): ReadonlyMap<string, HostConflict> {
  const holders = new Map<string, string>();
  const lost = new Map<string, HostConflict>();
  const all = [...mirrors].sort(byAge).flatMap(claims);
  for (const claim of [...all.filter(serves), ...all.filter((claim) => !serves(claim))]) {
    const key = `${claim.host} ${claim.prefix}`;
    const holder = holders.get(key);
    if (holder === undefined) holders.set(key, claim.mirror);
    else if (holder !== claim.mirror && !lost.has(claim.mirror)) {
      lost.set(claim.mirror, { host: claim.host, prefix: claim.prefix, winner: holder });
    }
  }
  return lost;
}

/**
 * The conflict that this mirror lost; `unknown` where that depends on who serves, and the policies that would say so can't be read.
 *
 * @param serves - as for findConflicts, as far as it is known
 */
export function conflictOf(
  name: string,
  mirrors: readonly RegistryMirror[],
  serves: (claim: Claim) => boolean | 'unknown',
): HostConflict | 'unknown' | undefined {
  const unknown = new Set<string>();
  const assuming = (isMine: boolean): HostConflict | undefined =>
    findConflicts(mirrors, (claim) => {
      const known = serves(claim);
      if (known !== 'unknown') return known;
      unknown.add(claim.mirror);
      return (claim.mirror === name) === isMine;
    }).get(name);
  const lost = assuming(true);
  if (lost !== undefined || unknown.size === 0) return lost;
  const other = assuming(false);
  return other === undefined || serves({ mirror: name, ...other }) === true ? undefined : 'unknown';
}
