import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Machine } from '../bench/scale/machine.js';
import { table } from '../bench/table.js';
import type { Tally } from './run.js';
import { VERDICTS } from './verdict.js';

const TITLES = ['Seed', 'Began', 'Commit', 'Load', 'Steps', 'Pods', 'MiB', 'Leases lost', 'Withdrawals', 'Result'];

/** How one run ended. */
export interface ChaosReport {
  readonly seed: number;
  readonly minutes: number;
  readonly mirrors: number;
  /** With a + behind it where the working tree differs from it. */
  readonly commit: string;
  readonly began: string;
  readonly ended: string;
  readonly exitCode: number;
  /** Left out where the run was not carried out to its end. */
  readonly machine: Machine | undefined;
  readonly tally: Tally | undefined;
  /** What it printed, but for its steps. */
  readonly output: readonly string[];
}

export function writeReport(file: string, report: ChaosReport): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** A Markdown table of the runs in these files, one a file, by seed. */
export function printTable(print: (line: string) => void, files: readonly string[]): void {
  const runs = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as ChaosReport);
  const rows = runs.sort((a, b) => a.seed - b.seed).map(rowOf);
  for (const line of table(TITLES, rows)) print(line);
}

export function currentCommit(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
}

function rowOf({ seed, began, commit, machine, tally, exitCode }: ChaosReport): readonly string[] {
  const { steps, pods, peakMiB, leasesLost, withdrawals } = tally ?? {};
  const result = Object.entries(VERDICTS).find(([, code]) => code === exitCode)?.[0] ?? String(exitCode);
  const numbers = [machine?.load, steps, pods, peakMiB, leasesLost, withdrawals];
  return [String(seed), began.slice(11, 16), `\`${commit}\``, ...numbers.map((number) => String(number ?? '')), result];
}
