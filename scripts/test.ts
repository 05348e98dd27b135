// All tests, step after step, whatever fails on the way. The last line is `N passed, N failed`; each check that is no test suite counts as one test.
// `npm test -- lint unit` runs only these.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

type Command = readonly [program: string, ...args: readonly string[]];

interface Stage {
  readonly name: string;
  readonly command: Command;
  readonly isSuite: boolean;
}

interface Step {
  /** As many of them run side by side as `atOnce` says, in this order. */
  readonly stages: readonly Stage[];
  readonly atOnce: number;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const suite = (name: string, ...args: readonly string[]): Stage => ({
  name,
  command: ['mocha', `test/${name}/**/*.test.ts`, ...args],
  isSuite: true,
});
/** @param names - of spec files, or of folders of them */
const without = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['--ignore', join('test/integration', name, name.endsWith('.ts') ? '' : '**')]);
const check = (name: string, ...command: Command): Stage => ({ name, command, isSuite: false });

/** All that is in test/integration, in parts that take the same time. Each has clusters of its own, and waits more than it computes. */
const PARTS: readonly (readonly string[])[] = (() => {
  const harbor = ['demo.test.ts', 'harbor', 'harbors', 'image.test.ts', 'providers', 'real-harbor', 'scale'];
  const operator = ['cli', 'crd', 'harbor-side', 'operator', 'pull-secrets'];
  const named = [...harbor, ...operator];
  const policies = readdirSync(join(import.meta.dirname, '../test/integration')).filter(
    (name) => !named.includes(name),
  );
  return [policies, operator, harbor];
})();

const STEPS: readonly Step[] = [
  {
    // Each computes on one core most of the time. The longest comes first, so that none is left to end alone.
    atOnce: 2,
    stages: [
      suite('unit'),
      check('lint', 'eslint', '.'),
      suite('contract'),
      check('types', 'tsc', '--noEmit'),
      check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
    ],
  },
  { atOnce: 1, stages: [check('cluster', 'tsx', 'test/cluster/bin/build.ts')] },
  {
    atOnce: PARTS.length,
    stages: PARTS.map((part) => suite('integration', ...without(PARTS.filter((other) => other !== part).flat()))),
  },
];

const root = join(import.meta.dirname, '..');
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter) };

/** Runs a step and counts. The output of its first stage is shown as it comes, that of the others in one piece, after that. */
async function run({ stages, atOnce }: Step): Promise<Counts> {
  const waiting = stages.entries();
  const counts: Counts[] = [];
  let first: Promise<unknown> = Promise.resolve();
  const work = async (): Promise<void> => {
    // Shared by all workers: each takes the next one.
    for (const [index, stage] of waiting) {
      const result = runStage(stage, index === 0);
      if (index === 0) first = result;
      counts.push((await result).counts);
      await first;
      if (index > 0) process.stdout.write((await result).output);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return add(counts);
}

interface Result {
  readonly code: number | null;
  readonly output: string;
}

/** @param isShown - whether its output is shown as it comes */
async function runStage(
  { name, command, isSuite }: Stage,
  isShown: boolean,
): Promise<{ readonly counts: Counts; readonly output: string }> {
  const startedAt = performance.now();
  const header = `\n== ${name} ==\n`;
  if (isShown) process.stdout.write(header);
  const result = await runCommand(command, isShown);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const footer = `${name}: ${result.code === 0 ? 'ok' : 'FAILED'} after ${seconds} s\n`;
  if (isShown) process.stdout.write(footer);
  return {
    counts: isSuite ? countTests(result) : countCheck(result),
    output: `${header}${result.output}${footer}`,
  };
}

async function runCommand([program, ...args]: Command, isShown: boolean): Promise<Result> {
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', isShown ? 'inherit' : 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    if (isShown) process.stdout.write(chunk);
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

function countCheck({ code }: Result): Counts {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function countTests({ code, output }: Result): Counts {
  const [passed, failed] = [count(output, 'passing'), count(output, 'failing')];
  // A suite that ended without saying what failed, or ran nothing at all, has failed itself.
  const isBroken = (code !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: isBroken ? failed + 1 : failed };
}

/** The number in the last line like `  12 passing (3s)`, as mocha ends with. */
function count(output: string, word: 'passing' | 'failing'): number {
  return Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm'))].at(-1)?.[1] ?? 0);
}

function add(counts: readonly Counts[]): Counts {
  const sum = (key: keyof Counts): number => counts.reduce((total, one) => total + one[key], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

const wanted = process.argv.slice(2);
const names = new Set(STEPS.flatMap(({ stages }) => stages.map(({ name }) => name)));
const unknown = wanted.filter((name) => !names.has(name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${[...names].join(', ')}.`);
}
const counts: Counts[] = [];
for (const step of STEPS) {
  const stages = step.stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  counts.push(await run({ ...step, stages }));
}
const { passed, failed } = add(counts);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
