import type { HarborSession } from '../../harbor/session/harbor-session.js';

/** Projects that were looked for by name a moment ago, and were not there. A mirror that waits for its turn at its upstream asks once, not at each look. */
export class Absences {
  readonly #now: () => number;
  readonly #forMs: number;
  /** When each was looked for; the oldest first. */
  readonly #seen = new WeakMap<HarborSession, Map<string, number>>();

  /**
   * @param now - milliseconds, of a clock that never goes back
   * @param forMs - for how long an answer counts
   */
  constructor(now: () => number, forMs: number) {
    this.#now = now;
    this.#forMs = forMs;
  }

  has(session: HarborSession, project: string): boolean {
    const at = this.#seen.get(session)?.get(project);
    return at !== undefined && this.#now() - at < this.#forMs;
  }

  note(session: HarborSession, project: string): void {
    const seen = this.#seen.get(session) ?? new Map<string, number>();
    this.#seen.set(session, seen);
    for (const [name, at] of seen) {
      if (this.#now() - at < this.#forMs) break;
      seen.delete(name);
    }
    seen.delete(project);
    seen.set(project, this.#now());
  }
}
