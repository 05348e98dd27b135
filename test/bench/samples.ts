/** Times of one kind of request, in milliseconds. */
export class Samples {
  readonly #sorted: readonly number[];

  private constructor(times: readonly number[]) {
    this.#sorted = times.toSorted((a, b) => a - b);
  }

  /**
   * Times several kinds of requests in turn, so that whatever else the machine is doing meets all of them alike. The first
   * rounds, which warm connections and caches, don't count.
   */
  static async of<K extends string>(
    requests: Readonly<Record<K, () => Promise<unknown>>>,
    rounds: number,
  ): Promise<Readonly<Record<K, Samples>>> {
    const kinds = Object.entries<() => Promise<unknown>>(requests).map(([kind, request]) => ({
      kind,
      request,
      times: [] as number[],
    }));
    for (let round = -Math.ceil(rounds / 5); round < rounds; round++) {
      for (const { request, times } of kinds) {
        const start = performance.now();
        await request();
        if (round >= 0) times.push(performance.now() - start);
      }
    }
    return Object.fromEntries(kinds.map(({ kind, times }) => [kind, new Samples(times)])) as Record<K, Samples>;
  }

  /** The time that this share of the requests stayed below, e.g. 0.5 for the median. */
  quantile(share: number): number {
    return this.#sorted[Math.floor((this.#sorted.length - 1) * share)] ?? NaN;
  }
}
