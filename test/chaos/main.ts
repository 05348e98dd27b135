import { chaosArguments, USAGE } from './options.js';
import type { ChaosArguments } from './options.js';
import { printTable } from './report.js';
import { runSeed } from './seed.js';
import { VERDICTS } from './verdict.js';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const words = process.argv.slice(2);
if (words[0] === 'table') {
  printTable(print, words.slice(1));
} else {
  const given = understood();
  if (given?.help === true) print(USAGE);
  else process.exitCode = given === undefined ? VERDICTS.unfinished : await runSeed(given, print);
}

function understood(): ChaosArguments | undefined {
  try {
    return chaosArguments(words);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return undefined;
  }
}
