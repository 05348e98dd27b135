// All tests, step after step, whatever fails on the way. The last line is `N passed, N failed`; each check that is no test suite counts as one test.
// `npm test -- lint unit` runs only these.
import { relative } from 'node:path';
import { runStage, type Failure, type Outcome } from './tests/run-stage.ts';
import { STEPS, type Step } from './tests/stages.ts';

/** The output of a step's first stage is shown as it comes, that of the others in one piece, after that. */
async function run({ stages, atOnce }: Step): Promise<readonly Outcome[]> {
  const waiting = stages.entries();
  const outcomes: Outcome[] = [];
  let first: Promise<unknown> = Promise.resolve();
  const work = async (): Promise<void> => {
    // Shared by all workers: each takes the next one.
    for (const [index, stage] of waiting) {
      const running = runStage(stage, index === 0);
      if (index === 0) first = running;
      const outcome = await running;
      outcomes.push(outcome);
      await first;
      if (index > 0) process.stdout.write(outcome.output);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

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

const wanted = process.argv.slice(2);
const names = new Set(STEPS.flatMap(({ stages }) => stages.map(({ name }) => name)));
const unknown = wanted.filter((name) => !names.has(name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${[...names].join(', ')}.`);
}
const outcomes: Outcome[] = [];
for (const step of STEPS) {
  const stages = step.stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  outcomes.push(...(await run({ ...step, stages })));
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
