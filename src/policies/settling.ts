import { canonicalJson } from '../engines/digest.js';
import { SETTLE_MS } from '../engines/in-force.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { readEntries } from '../engines/render.js';
import { isAsRendered, keyOfPolicy } from './snapshot.js';
import type { LivePolicy } from './snapshot.js';

type PolicyKey = Pick<RenderedPolicy, 'kind' | 'name'>;

/** What was last written to a policy for a mirror. */
interface Change {
  /** undefined where the mirror has left the policy. */
  readonly entry: string | undefined;
  /** ms since 1970; Infinity until the write is answered. */
  settlesAt: number;
}

interface Written {
  /** undefined once the policy is deleted. */
  readonly policy: RenderedPolicy | undefined;
  readonly changes: ReadonlyMap<string, Change>;
}

/**
 * Which writes of policies that give no sign of being in force have taken effect. Counted by mirror: what is written for one
 * changes nothing of the others in the same policy, which would wait forever where mirrors come and go all the time.
 */
export class Settling {
  readonly #now: () => number;
  readonly #written = new Map<string, Written>();

  /** @param now - ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Notes that a policy is being written. The watch may show it before the answer is there.
   *
   * @param before - the policy as it is in the cluster; if that is an edit of someone else's, the write is one for all of its mirrors
   * @returns to be called at the answer, whatever it is; gives the ms until all of it has taken effect, 0 for kinds that show it
   */
  write(policy: RenderedPolicy, before: LivePolicy | undefined): () => number {
    const last = this.#written.get(keyOfPolicy(policy))?.policy;
    const isOurs = before !== undefined && last !== undefined && isAsRendered(before, last);
    return this.#note(policy, policy, before, isOurs);
  }

  /**
   * Notes that a policy is being deleted.
   *
   * @param before - the policy as it is in the cluster
   * @returns as for {@link write}
   */
  delete(policy: PolicyKey, before: LivePolicy): () => number {
    return this.#note(policy, undefined, before, true);
  }

  /** Whether what was last written to this policy for this mirror has taken effect. */
  hasSettled(policy: PolicyKey, mirror: string): boolean {
    return this.#isPast(this.#written.get(keyOfPolicy(policy))?.changes.get(mirror));
  }

  /** Whether what was last written to any policy for this mirror has taken effect. */
  hasSettledEverywhere(mirror: string): boolean {
    return [...this.#written.values()].every(({ changes }) => this.#isPast(changes.get(mirror)));
  }

  #isPast(change: Change | undefined): boolean {
    return change === undefined || change.settlesAt <= this.#now();
  }

  #note(
    key: PolicyKey,
    policy: RenderedPolicy | undefined,
    before: LivePolicy | undefined,
    isOurs: boolean,
  ): () => number {
    const ms = SETTLE_MS[key.kind];
    if (ms === 0) return () => 0;
    const old = this.#written.get(keyOfPolicy(key))?.changes ?? new Map<string, Change>();
    const entries = new Map((policy?.entries ?? []).map((entry) => [entry.mirror, canonicalJson(entry)]));
    const there = before === undefined ? [] : (readEntries(before.object) ?? []).map(({ mirror }) => mirror);
    const changes = new Map<string, Change>();
    const changed: Change[] = [];
    for (const mirror of new Set([...entries.keys(), ...old.keys(), ...there])) {
      const entry = entries.get(mirror);
      const change = old.get(mirror);
      if (isOurs && change !== undefined && change.entry === entry) {
        if (entry !== undefined || !this.#isPast(change)) changes.set(mirror, change);
        continue;
      }
      const next = { entry, settlesAt: Infinity };
      changes.set(mirror, next);
      changed.push(next);
    }
    this.#written.set(keyOfPolicy(key), { policy, changes });
    return () => {
      for (const change of changed) change.settlesAt = this.#now() + ms;
      return ms;
    };
  }
}
