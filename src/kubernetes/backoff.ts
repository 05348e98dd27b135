/** Exponential backoff with full-range jitter: base, 2*base, … up to the ceiling, each times 0.5 to 1. */
interface BackoffOptions {
  readonly baseMs: number;
  readonly ceilingMs: number;
  /** Returns a number from 0 (in) to 1 (out). */
  readonly random?: () => number;
}

/** The delay in ms before try number `failures` (1 after the first failure). */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { baseMs, ceilingMs, random = Math.random } = options;
  const full = Math.min(ceilingMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full * (0.5 + random() / 2);
}
