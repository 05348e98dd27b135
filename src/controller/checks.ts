import type { ReadTrouble } from '../kubernetes/cache/informer.js';
import { isKubernetesError } from '../kubernetes/errors.js';

/** A look at a mirror takes seconds; each of its calls is given up after half a minute or so. */
const STUCK_WORK_MS = 600_000;
/** A watch is opened anew after 10 minutes at the latest. */
const STUCK_READING_MS = 1_200_000;
/** What restarts and elections of the API server take. */
const UNREADABLE_MS = 60_000;

/** How the reading of one collection goes. */
export interface Reading {
  /** What is read, in the plural. */
  readonly what: string;
  readonly trouble: ReadTrouble | undefined;
  readonly silentMs: number;
  /** Whether the API may lack it for good: then its absence is known, and no trouble. */
  readonly mayBeMissing: boolean;
}

/** @throws Error where a worker is stuck, which a restart mends */
export function checkWork(oldest: { readonly key: string; readonly ms: number } | undefined): void {
  if (oldest === undefined || oldest.ms < STUCK_WORK_MS) return;
  throw new Error(`the look at mirror ${oldest.key} has been running for ${minutes(oldest.ms)}`);
}

/** @throws Error where a loop that reads the cluster is stuck, which a restart mends */
export function checkReadingGoesOn(readings: readonly Reading[]): void {
  const stuck = readings.filter(({ silentMs }) => silentMs >= STUCK_READING_MS);
  fail(stuck.map(({ what, silentMs }) => `nothing has been heard of ${what} for ${minutes(silentMs)}`));
}

/** @throws Error where something can't be read, so that decisions would rest on what is old, or unknown */
export function checkReadable(readings: readonly Reading[]): void {
  fail(
    readings.flatMap(({ what, trouble, mayBeMissing }) => {
      if (trouble === undefined || trouble.ms < UNREADABLE_MS) return [];
      if (mayBeMissing && isKubernetesError(trouble.error, 'notFound')) return [];
      const reason = trouble.error instanceof Error ? trouble.error.message : String(trouble.error);
      return [`${what} could not be read for ${Math.round(trouble.ms / 1000)} s: ${reason}`];
    }),
  );
}

function fail(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('; '));
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} minutes`;
}
