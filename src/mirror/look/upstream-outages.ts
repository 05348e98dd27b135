import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { waiting } from '../../api/verdict.js';
import type { Verdict } from '../../api/verdict.js';
import type { RoutingFacts } from '../routing.js';
import type { HarborLookResult } from './look-result.js';

type Upstream = RoutingFacts['upstream'];

interface Seen {
  /** Whether new Pods are kept away from Harbor for it. */
  readonly isOut: boolean;
  /** Since when what is seen has spoken against that. */
  readonly againstSince?: number;
}

export interface UpstreamInertia {
  /** For how long Harbor has to call an upstream unhealthy before Pods are kept away. */
  readonly outAfterMs: number;
  /** For how long Harbor has to call it healthy before they come back. */
  readonly backAfterMs: number;
}

interface Judgement {
  readonly upstream: Upstream;
  readonly lookAgainMs?: number;
}

/** The upstream of a mirror that waits for it is looked at this often. */
const RETRY_MS = 30_000;

/**
 * How the upstreams of mirrors with `onUpstreamUnavailable: Withdraw` stand, with some inertia. It counts time and not looks, which have many causes:
 * Harbor itself looks at its upstreams every 5 minutes, and is asked to look again every 30 s as long as it calls one unhealthy.
 */
export class UpstreamOutages {
  readonly #inertia: UpstreamInertia;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(inertia: UpstreamInertia, now: () => number) {
    this.#inertia = inertia;
    this.#now = now;
  }

  /** The look, with what has held for long enough in place of what was seen just now. */
  judge(mirror: RegistryMirror, look: HarborLookResult): HarborLookResult {
    const { name } = mirror.metadata;
    if (mirror.spec.rewrite.onUpstreamUnavailable !== 'Withdraw') {
      this.forget(name);
      return look;
    }
    const seen = look.pulls.upstream;
    const { upstream, lookAgainMs = Infinity } = this.#judged(mirror, seen);
    const pulls = { ...look.pulls, upstream };
    const soonest = Math.min(look.lookAgainMs ?? Infinity, lookAgainMs);
    const again = soonest === Infinity ? {} : { lookAgainMs: soonest };
    if (upstream !== 'down' || look.harbor === undefined) return { ...look, pulls, ...again };
    const verdict = outageVerdict(look.verdict, seen);
    return { ...look, ...again, pulls, verdict, harbor: { ...look.harbor, isUpstreamOut: true } };
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }

  #judged(mirror: RegistryMirror, upstream: Upstream): Judgement {
    const { name } = mirror.metadata;
    const before = this.#seen.get(name) ?? { isOut: isSaidToBeOut(mirror) };
    const { isOut } = before;
    if (upstream === 'unknown' || (upstream === 'down') === isOut) {
      this.#seen.set(name, { isOut });
      return { upstream };
    }
    const now = this.#now();
    const { againstSince = now } = before;
    const leftMs = againstSince + (isOut ? this.#inertia.backAfterMs : this.#inertia.outAfterMs) - now;
    this.#seen.set(name, leftMs > 0 ? { isOut, againstSince } : { isOut: !isOut });
    if (leftMs <= 0) return { upstream };
    return { upstream: isOut ? 'down' : 'up', lookAgainMs: Math.min(leftMs, RETRY_MS) };
  }
}

/** What the status says: that it is withdrawn outlives a restart of the operator. */
function isSaidToBeOut({ status: { conditions } }: RegistryMirror): boolean {
  return (
    findCondition(conditions, 'PolicyReady')?.reason === REASONS.withdrawn &&
    findCondition(conditions, 'UpstreamReachable')?.status === 'False'
  );
}

/** What the user has to mend goes first. */
function outageVerdict(verdict: Verdict, seen: Upstream): Verdict {
  const isOfUpstream = verdict.kind === 'waiting' && verdict.reason === REASONS.upstreamUnhealthy;
  if (verdict.kind !== 'ready' && !isOfUpstream) return verdict;
  const why =
    seen === 'up'
      ? 'Harbor reaches the upstream again.'
      : "Harbor can't pull from the upstream: it is down, Harbor has no way to it, or it refuses the credentials.";
  const effect =
    seen === 'up'
      ? 'New Pods pull from the original registry until it has done so for a while.'
      : 'New Pods pull from the original registry until it can (onUpstreamUnavailable is Withdraw).';
  return waiting(REASONS.upstreamUnhealthy, `${isOfUpstream ? verdict.message : why} ${effect}`);
}
