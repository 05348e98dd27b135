import type { Config } from './config.js';

/** For how long an upstream has to be seen as down, or as up again: as long as Harbor itself. */
export function upstreamInertia({ healthIntervalMs, healthFailures, healthSuccesses }: Config): {
  readonly outAfterMs: number;
  readonly backAfterMs: number;
} {
  return { outAfterMs: healthFailures * healthIntervalMs, backAfterMs: healthSuccesses * healthIntervalMs };
}
