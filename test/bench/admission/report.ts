import { table } from '../table.js';
import { GOALS } from './goals.js';
import type { Round } from './goals.js';
import { isSame } from './subject.js';
import type { Measured, Subject } from './subject.js';

type Rounds = readonly (readonly Measured[])[];

/** A goal, and how it came out. */
export interface Outcome {
  readonly goal: string;
  readonly atMost: number;
  readonly found: number;
  readonly reached: boolean;
}

/** A table in Markdown: medians of the rounds, as multiples of no policy and in ms. */
export function costTable(rounds: Rounds): readonly string[] {
  const cell = (subject: Subject, kind: 'uses' | 'usesNone'): string => {
    const all = rounds.flatMap((round) => round.filter((one) => isSame(one, subject))).map((one) => one[kind]);
    const [ratio, ms, bareMs] = (['ratio', 'ms', 'bareMs'] as const).map((of) => median(all.map((one) => one[of])));
    return `${number(ratio)} (${number(ms)} to ${number(bareMs)} ms)`;
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

/** Those goals of which all that they are about was measured. */
export function outcomes(rounds: Rounds): readonly Outcome[] {
  const measured = rounds[0] ?? [];
  return GOALS.filter(({ of }) => of.every((each) => measured.some((one) => isSame(one, each)))).map(
    ({ sentence, atMost, value }) => {
      const found = median(rounds.map((round) => value(costs(round))));
      return { goal: sentence, atMost, found, reached: found <= atMost };
    },
  );
}

export function goalTable(all: readonly Outcome[]): readonly string[] {
  return table(
    ['goal', 'at most', 'found', ''],
    all.map(({ goal, atMost, found, reached }) => [
      goal,
      number(atMost),
      number(found),
      reached ? 'reached' : '**missed**',
    ]),
  );
}

function costs(round: readonly Measured[]): Round {
  return (subject) => {
    const found = round.find((one) => isSame(one, subject));
    if (found === undefined) throw new Error(`${subject.what} was not measured with ${subject.mirrors} mirrors.`);
    return { uses: found.uses.ratio, usesNone: found.usesNone.ratio };
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}

function number(value: number | undefined): string {
  return (value ?? NaN).toFixed(2);
}
