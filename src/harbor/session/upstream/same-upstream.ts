export interface SameUpstreamOptions {
  /** It is this mirror's turn to ask. */
  readonly onTurn: (mirror: string) => void;
  /** How long whose turn it is may take to come. */
  readonly comesWithinMs?: number;
}

/** Who doesn't come within so long wants nothing any more: it may be about to be deleted. */
const COMES_WITHIN_MS = 2000;

/**
 * Mirrors that wait for an answer which their upstream owes another mirror. Only one call for an upstream is under way, so they go one
 * after the other, each as soon as the one before has its answer.
 */
export class SameUpstream {
  /** Mirrors by upstream, who came first in front. */
  readonly #waiting = new Map<string, Set<string>>();
  /** By upstream: until when whose turn it is may come. */
  readonly #called = new Map<string, NodeJS.Timeout>();
  readonly #options: SameUpstreamOptions;

  constructor(options: SameUpstreamOptions) {
    this.#options = options;
  }

  /** The mirror waits until the upstream has answered the one before it. */
  wait(upstream: string, mirror: string): void {
    const waiting = this.#waiting.get(upstream) ?? new Set();
    this.#waiting.set(upstream, waiting.add(mirror));
  }

  /** It waits no longer: its call is under way. */
  begin(upstream: string, mirror: string): void {
    this.#leave(upstream, mirror);
    this.#stopWaitingFor(upstream);
  }

  /** Tells whose turn it is; should it not come, the one behind it. */
  callNext(upstream: string): void {
    this.#stopWaitingFor(upstream);
    const [mirror] = this.#waiting.get(upstream) ?? [];
    if (mirror === undefined) return;
    this.#leave(upstream, mirror);
    const { onTurn, comesWithinMs = COMES_WITHIN_MS } = this.#options;
    const callNext = (): void => {
      this.callNext(upstream);
    };
    this.#called.set(upstream, setTimeout(callNext, comesWithinMs).unref());
    onTurn(mirror);
  }

  /** The mirror is gone. */
  forget(mirror: string): void {
    for (const upstream of this.#waiting.keys()) this.#leave(upstream, mirror);
  }

  #stopWaitingFor(upstream: string): void {
    clearTimeout(this.#called.get(upstream));
    this.#called.delete(upstream);
  }

  #leave(upstream: string, mirror: string): void {
    const waiting = this.#waiting.get(upstream);
    waiting?.delete(mirror);
    if (waiting?.size === 0) this.#waiting.delete(upstream);
  }
}
