/**
 * Mirrors that wait for an answer which their upstream owes another mirror. Only one call for an upstream is under way, so they go one
 * after the other, each as soon as the one before has its answer.
 */
export class SameUpstream {
  /** Mirrors by upstream, who came first in front. */
  readonly #waiting = new Map<string, Set<string>>();

  wait(upstream: string, mirror: string): void {
    const waiting = this.#waiting.get(upstream) ?? new Set();
    this.#waiting.set(upstream, waiting.add(mirror));
  }

  /** It waits no longer: its call is under way. */
  leave(upstream: string, mirror: string): void {
    const waiting = this.#waiting.get(upstream);
    waiting?.delete(mirror);
    if (waiting?.size === 0) this.#waiting.delete(upstream);
  }

  /** Takes out whose turn it is; undefined: nobody waits. */
  next(upstream: string): string | undefined {
    const [mirror] = this.#waiting.get(upstream) ?? [];
    if (mirror !== undefined) this.leave(upstream, mirror);
    return mirror;
  }

  /** Forgets mirrors that are gone. */
  prune(mirrors: ReadonlySet<string>): void {
    for (const [upstream, waiting] of this.#waiting) {
      for (const mirror of waiting) if (!mirrors.has(mirror)) this.leave(upstream, mirror);
    }
  }
}
