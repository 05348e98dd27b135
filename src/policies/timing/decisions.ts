import { UNCHANGED } from '../state.js';
import type { RoutingDecision } from '../state.js';

/** What was decided of each mirror. What can wait for others to share its write with is held back until it is let in. */
export class Decisions {
  readonly #decided = new Map<string, RoutingDecision>();
  /** By mirror, what was decided before and counts until then; undefined: nothing. */
  readonly #held = new Map<string, RoutingDecision | undefined>();

  /** The last decision, whether it is let in or not. */
  of(mirror: string): RoutingDecision {
    return this.#decided.get(mirror) ?? UNCHANGED;
  }

  mirrors(): Iterable<string> {
    return this.#decided.keys();
  }

  set(mirror: string, decision: RoutingDecision, canWait: boolean): void {
    if (!canWait) this.#held.delete(mirror);
    else if (!this.#held.has(mirror)) this.#held.set(mirror, this.#decided.get(mirror));
    this.#decided.set(mirror, decision);
  }

  forget(mirror: string): void {
    this.#decided.delete(mirror);
    this.#held.delete(mirror);
  }

  /** Lets in what was held back of the mirrors that are due. */
  letIn(isDue: (mirror: string) => boolean): void {
    for (const mirror of [...this.#held.keys()]) if (isDue(mirror)) this.#held.delete(mirror);
  }

  /** Those that the next write is made of. */
  letInSoFar(): ReadonlyMap<string, RoutingDecision> {
    const decisions = new Map(this.#decided);
    for (const [mirror, before] of this.#held) {
      if (before === undefined) decisions.delete(mirror);
      else decisions.set(mirror, before);
    }
    return decisions;
  }

  /** Whether the mirror is to be in no policy, by what is let in so far. */
  isWithdrawn(mirror: string): boolean {
    const decision = this.#held.has(mirror) ? this.#held.get(mirror) : this.#decided.get(mirror);
    return decision?.kind === 'withdraw';
  }
}
