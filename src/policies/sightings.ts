import { isSameSpell } from './state.js';
import type { PolicyState } from './state.js';

/** How a mirror was last seen to stand, and since when. */
interface Seen {
  readonly state: PolicyState;
  readonly since: number;
}

/** How each mirror was last seen to stand. */
export class Sightings {
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();

  /** @param now - ms by a clock that nobody sets */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(mirror: string): boolean {
    return this.#seen.has(mirror);
  }

  mirrors(): Iterable<string> {
    return this.#seen.keys();
  }

  of(mirror: string): PolicyState | undefined {
    return this.#seen.get(mirror)?.state;
  }

  note(mirror: string, state: PolicyState): void {
    const before = this.#seen.get(mirror);
    const isSame = before !== undefined && isSameSpell(before.state, state);
    this.#seen.set(mirror, { state, since: isSame ? before.since : this.#now() });
  }

  forget(mirror: string): void {
    this.#seen.delete(mirror);
  }

  /** The state with for how long the mirror has been seen in it. */
  withTime(mirror: string, state: PolicyState): PolicyState {
    const before = this.#seen.get(mirror);
    if (before === undefined || !isSameSpell(before.state, state) || !('forMs' in state)) return state;
    return { ...state, forMs: this.#now() - before.since };
  }
}
