import { table } from '../table.js';
import { GOALS } from './goals.js';
import { isSame } from './subject.js';
import type { Measured, Subject } from './subject.js';

type Rounds = readonly (readonly Measured[])[];

/** A goal, and how it came out. */
export interface Outcome {
  readonly goal: string;
  readonly atMost: number;
  readonly found: number;
  readonly reached: boolean;
  /** What each round found; the median counts. */
  readonly rounds: readonly number[];
}

/** A table in Markdown: medians of the rounds, as multiples of no policy and in ms. */
export function costTable(rounds: Rounds): readonly string[] {
  const cell = (subject: Subject, kind: 'uses' | 'usesNone'): string => {
    const all = rounds.flatMap((round) => round.filter((one) => isSame(one, subject))).map((one) => one[kind]);
    const [ratio, ms, otherMs] = (['ratio', 'ms', 'otherMs'] as const).map((of) => median(all.map((one) => one[of])));
    return `${number(ratio)} (${number(ms)} to ${number(otherMs)} ms)`;
  };
  return table(
    ['policy', 'mirrors', 'per policy', 'a Pod with a mirrored image', 'a Pod without'],
    (rounds[0] ?? []).map((subject) => [
      subject.what,
      String(subject.mirrors),
      String(subject.perPolicy),
      cell(subject, 'uses'),
      cell(subject, 'usesNone'),
    ]),
  );
}

/** Those goals whose subject was measured. */
export function outcomes(rounds: Rounds): readonly Outcome[] {
  return GOALS.flatMap(({ sentence, atMost, of, found }) => {
    const ratios = rounds
      .flatMap((round) => round.filter((one) => isSame(one, of)))
      .flatMap((one) => found(one)?.ratio ?? []);
    if (ratios.length === 0) return [];
    const value = median(ratios);
    return [{ goal: sentence, atMost, found: value, reached: value <= atMost, rounds: ratios }];
  });
}

export function goalTable(all: readonly Outcome[]): readonly string[] {
  return table(
    ['goal', 'at most', 'found', 'rounds', ''],
    all.map(({ goal, atMost, found, reached, rounds }) => [
      goal,
      number(atMost),
      number(found),
      rounds.map(number).join(' '),
      reached ? 'reached' : '**missed**',
    ]),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}

function number(value: number | undefined): string {
  return (value ?? NaN).toFixed(2);
}
