/** How long a mirror that has come counts as a newcomer. */
const NEW_FOR_MS = 10_000;

/** That a mirror waits for its turn. */
interface Arrival {
  readonly at: number;
  readonly isNewcomer: boolean;
}

/**
 * The mirrors that wait until Harbor may ask their upstreams, the one that waits longest first. A newcomer is one that came when calls hung already:
 * of those that come all at once none is one, since they would only take each other's places.
 */
export class Arrivals {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Arrival>();

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The mirror waits from now on. One that waits already keeps its place, and what it came as. */
  arrive(mirror: string, isNewcomer: () => boolean): void {
    if (!this.#waiting.has(mirror)) this.#waiting.set(mirror, { at: this.#now(), isNewcomer: isNewcomer() });
  }

  /** The mirror waits no longer: its call is under way, or it is gone. */
  leave(mirror: string): void {
    this.#waiting.delete(mirror);
  }

  /** Whether the mirror came as a newcomer, a short while ago. */
  isNew(mirror: string): boolean {
    const arrival = this.#waiting.get(mirror);
    return arrival !== undefined && arrival.isNewcomer && this.#now() - arrival.at < NEW_FOR_MS;
  }

  /** Whether the mirror is the newcomer that came last. */
  isLastNewcomer(mirror: string): boolean {
    const newcomers = [...this.#waiting].filter(([name]) => this.isNew(name));
    return newcomers.toSorted(([, a], [, b]) => a.at - b.at).at(-1)?.[0] === mirror;
  }

  /**
   * The mirrors whose turn it is. They go on waiting until they leave, but behind all others, since they may not want their turn any more.
   *
   * @param room - how many may come, at least 0
   */
  next(room: number): readonly string[] {
    const next = [...this.#waiting].slice(0, room);
    for (const [mirror, arrival] of next) {
      this.#waiting.delete(mirror);
      this.#waiting.set(mirror, arrival);
    }
    return next.map(([mirror]) => mirror);
  }
}
