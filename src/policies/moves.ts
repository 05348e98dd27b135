import type { StayingEntry } from '../engines/group.js';
import { LINGER_MS } from '../engines/in-force.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { keyOfPolicy } from './snapshot.js';
import type { PolicySnapshot } from './snapshot.js';
import type { Settling } from './settling.js';
import { Since } from '../clock/since.js';

export interface MovesOptions {
  readonly settling: Settling;
  /** ms since 1970. */
  readonly now: () => number;
  /** After this many ms a move may be over. */
  readonly onLingered: (ms: number) => void;
}

/** Mirrors on their way from one policy to another: they stay in the old one until the new one is in force. */
export class Moves {
  readonly #options: MovesOptions;
  /** Since when a policy that mirrors move to acts on its present content. */
  readonly #actingSince: Since;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.#actingSince = new Since(options.now);
  }

  /**
   * Entries in the cluster whose mirror is to be in another policy that isn't in force yet, or only just.
   *
   * @param live - what the cluster's policies have
   * @param acting - policies of `target` that are in force as they are, by kind and name
   */
  underWay(
    live: PolicySnapshot['live'],
    target: readonly RenderedPolicy[],
    acting: ReadonlySet<string>,
  ): readonly StayingEntry[] {
    const homes = new Map(target.flatMap((policy) => policy.entries.map((entry) => [entry.mirror, policy] as const)));
    const lingering = new Map<string, boolean>();
    return [...live.values()].flat().filter(({ entry, policy }) => {
      const home = homes.get(entry.mirror);
      if (home === undefined || home.name === policy) return false;
      const key = keyOfPolicy(home);
      const lingers = lingering.get(key) ?? this.#lingers(home, acting.has(key));
      lingering.set(key, lingers);
      return lingers || !this.#options.settling.hasSettled(home, entry.mirror);
    });
  }

  /** Whether what moves to this policy has to stay in its old one for a while yet. */
  #lingers(home: RenderedPolicy, acts: boolean): boolean {
    const elapsedMs = this.#actingSince.elapsed(keyOfPolicy(home), acts ? home.contentHash : undefined);
    const ms = LINGER_MS[home.kind] - elapsedMs;
    if (acts && ms > 0) this.#options.onLingered(ms);
    return !acts || ms > 0;
  }
}
