import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './rows.js';

/** What came of a check on a cluster. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
}

/** What a run on one pair of versions has shown. */
export interface RowResult {
  /** Minor versions: what the row is known by. */
  readonly kubernetes: string;
  readonly kyverno: string;
  /** As the pinned modules have them, like v1.36.3. */
  readonly versions: { readonly kubernetes: string; readonly kyverno: string };
  /** The day of the run; undefined: none yet. */
  readonly day?: string;
  /** The commit that was run; undefined: of before this was noted. */
  readonly commit?: string;
  /** By the check's title. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** The last run of each pair: a run takes long, and not every one has them all. */
export const RESULTS = join(import.meta.dirname, 'results.json');

export function readResults(): readonly RowResult[] {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as readonly RowResult[]) : [];
}

/** The results with the new ones in the place of older ones of the same versions, check by check. */
export function withResults(before: readonly RowResult[], after: readonly RowResult[]): readonly RowResult[] {
  const isSame = (a: RowResult, b: RowResult): boolean => a.kubernetes === b.kubernetes && a.kyverno === b.kyverno;
  const kept = before.filter((each) => !after.some((newer) => isSame(each, newer)));
  const merged = after.map((newer) => {
    const older = before.find((each) => isSame(each, newer));
    return { ...newer, outcomes: { ...older?.outcomes, ...newer.outcomes } };
  });
  return [...kept, ...merged].toSorted((a, b) => b.kubernetes.localeCompare(a.kubernetes));
}

/** A result for each row: what was not run says so. */
export function forRows(rows: readonly Row[], results: readonly RowResult[]): readonly RowResult[] {
  return rows.map(
    (row) =>
      results.find(({ kubernetes, kyverno }) => kubernetes === row.kubernetes && kyverno === row.kyverno) ?? {
        ...row,
        versions: row,
        outcomes: {},
      },
  );
}
