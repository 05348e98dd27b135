// All tests, step after step, whatever fails on the way. The last line is `N passed, N failed`; each check that is no test suite counts as one test.
// `npm test -- lint unit` runs only these.
import { relative } from 'node:path';
import { runStage, type Failure, type Outcome } from './tests/run-stage.ts';
import { runStep } from './tests/run-step.ts';
import { STEPS } from './tests/stages.ts';

/** More than these aren't a matter of a busy machine. */
const MOST_SPECS_AGAIN = 5;

/**
 * Tests run beside each other, many of them on real servers, so one may wait in vain for its turn on a small machine that is busy. Its spec
 * file gets a second try, alone. What passes only then is named: it wants to be looked at, but doesn't make the others run again.
 *
 * @returns the outcome of the second try; `undefined` where there is nothing to try again, or too much
 */
async function tryAgain(failures: readonly Failure[]): Promise<Outcome | undefined> {
  const files = [...new Set(failures.map(({ file }) => relative(process.cwd(), file)))];
  // What fails for a whole suite is in no file.
  if (files.length === 0 || files.length > MOST_SPECS_AGAIN || files.includes('')) return undefined;
  return await runStage({ name: 'second try', command: ['mocha', ...files], isSuite: true }, true);
}

const sum = (outcomes: readonly Outcome[], key: 'passed' | 'failed'): number =>
  outcomes.reduce((total, outcome) => total + outcome[key], 0);

const write = (text: string): void => {
  process.stdout.write(text);
};

const wanted = process.argv.slice(2);
const names = new Set(STEPS.flatMap(({ stages }) => stages.map(({ name }) => name)));
const unknown = wanted.filter((name) => !names.has(name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${[...names].join(', ')}.`);
}
const outcomes: Outcome[] = [];
for (const step of STEPS) {
  const stages = step.stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  outcomes.push(...(await runStep({ ...step, stages }, { runStage, write })));
}
const failures = outcomes.flatMap((outcome) => outcome.failures);
const again = await tryAgain(failures);
const failed = sum(outcomes, 'failed') - (again === undefined ? 0 : failures.length - again.failed);
const passed = sum(outcomes, 'passed') + sum(outcomes, 'failed') - failed;
if (failures.length > 0) {
  process.stdout.write(again === undefined ? '\nFailed:\n' : '\nFailed at the first try:\n');
  for (const { title } of failures) process.stdout.write(`  ${title}\n`);
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
