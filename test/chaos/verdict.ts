import { inspect } from 'node:util';
import type { Evidence } from './evidence.js';
import type { Breach } from './run.js';

/** The exit codes of a run. */
export const VERDICTS = {
  clean: 0,
  broken: 1,
  /** Neither clean nor broken: the run was not carried out to its end. */
  unfinished: 2,
} as const;

const SHOWN = 10;

/** A run with its name, the command that carries it out again, and where its lines go. */
export interface Trial {
  readonly name: string;
  readonly command: string;
  readonly evidence: Evidence;
  readonly print: (line: string) => void;
  /** What was printed of its steps last. */
  readonly lastSteps: () => readonly string[];
}

/** Carries a run out, tells how it ended, and returns the exit code. What explains it is kept where it is not clean. */
export async function judge(trial: Trial, run: () => Promise<readonly Breach[]>): Promise<number> {
  const { name, evidence, print } = trial;
  let breaches: readonly Breach[];
  try {
    breaches = await run();
  } catch (error) {
    const why = inspect(error);
    evidence.note(why);
    print(`${name} was not carried out to its end: ${why}`);
    tellWhere(trial);
    return VERDICTS.unfinished;
  }
  if (breaches.length === 0) {
    evidence.discard();
    print(`${name} is clean.`);
    return VERDICTS.clean;
  }
  evidence.keepBreaches(breaches);
  for (const [invariant, found] of Map.groupBy(breaches, (breach) => breach.invariant)) {
    print(`BROKEN: ${invariant} (${String(found.length)} times)`);
    for (const { what } of found.slice(0, SHOWN)) print(`  ${what}`);
  }
  print(`The last steps:\n${trial.lastSteps().join('\n')}`);
  print(`${name} is broken.`);
  tellWhere(trial);
  return VERDICTS.broken;
}

function tellWhere({ command, evidence, print }: Trial): void {
  print(`Again: ${command}`);
  print(`What explains it is in ${evidence.folder}`);
}
