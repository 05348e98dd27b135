/** Of a histogram: how many were at most so many seconds, by that bound as it is written. */
export type Buckets = ReadonlyMap<string, number>;

/**
 * Delays of the event loop from one scrape to another, in ms: the bound of the bucket that half of them, and 99 of 100, are within.
 *
 * @param before - of the same process; empty where that began in between
 */
export function delaysBetween(before: Buckets, after: Buckets): { readonly p50: number; readonly p99: number } {
  const bounds = [...after]
    .map(([bound, count]) => ({ ms: Number(bound) * 1000, count: count - (before.get(bound) ?? 0) }))
    .map(({ ms, count }) => ({ ms: Number.isNaN(ms) ? Infinity : ms, count }))
    .toSorted((a, b) => a.ms - b.ms);
  const all = bounds.at(-1)?.count ?? 0;
  const within = (share: number): number => bounds.find(({ count }) => count >= share * all)?.ms ?? 0;
  return all === 0 ? { p50: 0, p99: 0 } : { p50: within(0.5), p99: within(0.99) };
}
