import { readFileSync } from 'node:fs';
import { goalsTable } from './goals.js';
import type { RunReport } from './report.js';

/** What `--json` of earlier runs wrote: `npm run bench -- goals FILE FILE`. */
export function printGoals(print: (line: string) => void, files: readonly string[]): void {
  const runs = files.flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { runs: readonly RunReport[] }).runs);
  print(goalsTable(runs));
}
