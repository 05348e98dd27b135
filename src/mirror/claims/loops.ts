import type { RegistryMirror } from '../../api/registry-mirror.js';
import { byAge, claims, rewrites } from './conflicts.js';
import type { Claim } from './conflicts.js';

/** A host that one mirror takes from its registry, and that nodes pull another mirror's images from. */
export interface Loop {
  readonly host: string;
  /** Whether this mirror mirrors the host, or pulls from it. */
  readonly role: 'mirrors' | 'pullsFrom';
  /** The mirror that has the host; undefined where that is the operator's own Harbor. */
  readonly winner: string | undefined;
}

interface LoopFacts {
  /** host[:port] that nodes pull from for this mirror, as far as it is known. */
  readonly pullHost: string | undefined;
  /** host[:port] of the operator's own Harbor, as far as it is known. */
  readonly ownPullHost: string | undefined;
  readonly naming: (host: string) => readonly RegistryMirror[];
  readonly pullingFrom: (host: string) => readonly RegistryMirror[];
  /** Whether a policy has this host, with these repositories of it, for this mirror. */
  readonly serves: (claim: Claim) => boolean | 'unknown';
  /** Whether a policy sends Pods to this host[:port] for this mirror. */
  readonly sendsTo: (mirror: string, host: string) => boolean | 'unknown';
}

/** What is known, and for the rest the best or the worst for one mirror. */
interface KnownFacts extends LoopFacts {
  readonly serves: (claim: Claim) => boolean;
  readonly sendsTo: (mirror: string, host: string) => boolean;
}

/**
 * Whether this mirror has to be stalled for a loop: images of a host must not be sent to another place while nodes pull a cache from that host.
 * Who serves keeps what it has, and who brings the conflict is stalled: else one mirror's `harbor.pullHost: docker.io` would
 * take everybody's Docker Hub away. Where neither or both serve, the older has it. The operator's own Harbor comes before all that don't serve. Pure.
 *
 * @returns `unknown` where it depends on who serves, and the policies that would say so can't be read
 */
export function findLoop(mirror: RegistryMirror, facts: LoopFacts): Loop | 'unknown' | undefined {
  const unknown = new Set<string>();
  const assuming = (isMine: boolean): Loop | undefined => {
    const known = (answer: boolean | 'unknown', name: string): boolean => {
      if (answer !== 'unknown') return answer;
      unknown.add(name);
      return (name === mirror.metadata.name) === isMine;
    };
    return loopOf(mirror, {
      ...facts,
      serves: (claim) => known(facts.serves(claim), claim.mirror),
      sendsTo: (name, host) => known(facts.sendsTo(name, host), name),
    });
  };
  const loop = assuming(true);
  if (loop !== undefined || unknown.size === 0) return loop;
  return assuming(false) === undefined ? undefined : 'unknown';
}

function loopOf(mirror: RegistryMirror, facts: KnownFacts): Loop | undefined {
  return asMirror(mirror, facts) ?? asPuller(mirror, facts);
}

function asMirror(mirror: RegistryMirror, facts: KnownFacts): Loop | undefined {
  for (const host of new Set(claims(mirror).map((claim) => claim.host))) {
    if (host === facts.pullHost) return { host, role: 'mirrors', winner: mirror.metadata.name };
    if (host === facts.ownPullHost && !servesHost(mirror, host, facts))
      return { host, role: 'mirrors', winner: undefined };
    const puller = facts.pullingFrom(host).find((other) => rewrites(other) && !keeps(mirror, other, host, facts));
    if (puller !== undefined) return { host, role: 'mirrors', winner: puller.metadata.name };
  }
  return undefined;
}

function asPuller(mirror: RegistryMirror, facts: KnownFacts): Loop | undefined {
  const { pullHost: host } = facts;
  if (host === undefined || !rewrites(mirror)) return undefined;
  const winner = facts
    .naming(host)
    .find((other) => claims(other).some((claim) => claim.host === host) && keeps(other, mirror, host, facts));
  return winner === undefined ? undefined : { host, role: 'pullsFrom', winner: winner.metadata.name };
}

/** Whether, of a mirror of a host and one whose images are pulled from it, it is the first that keeps it. */
function keeps(mirror: RegistryMirror, puller: RegistryMirror, host: string, facts: KnownFacts): boolean {
  if (mirror.metadata.name === puller.metadata.name) return false;
  const isServed = servesHost(mirror, host, facts);
  const isPulledFrom = facts.sendsTo(puller.metadata.name, host);
  if (isServed !== isPulledFrom) return isServed;
  if (!isServed && host === facts.ownPullHost) return false;
  return byAge(mirror, puller) < 0;
}

function servesHost(mirror: RegistryMirror, host: string, { serves }: KnownFacts): boolean {
  return claims(mirror).some((claim) => claim.host === host && serves(claim));
}
