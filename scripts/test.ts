// All tests, stage after stage, whatever fails on the way. The last line is `N passed, N failed`; each check that is no test suite counts as one test.
// `npm test -- lint unit` runs only these.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

type Command = readonly [program: string, ...args: readonly string[]];

interface Stage {
  readonly name: string;
  /** Run side by side. */
  readonly commands: readonly Command[];
  readonly isSuite: boolean;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const suite = (name: string, ...parts: readonly (readonly string[])[]): Stage => ({
  name,
  commands: (parts.length === 0 ? [[]] : parts).map((args) => ['mocha', `test/${name}/**/*.test.ts`, ...args]),
  isSuite: true,
});
/** @param names - of spec files, or of folders of them */
const without = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['--ignore', join('test/integration', name, name.endsWith('.ts') ? '' : '**')]);
const check = (name: string, ...command: Command): Stage => ({ name, commands: [command], isSuite: false });

/** These take as long as all others together. Each half has a cluster of its own, and waits more than it computes. */
const SECOND_HALF = ['cli', 'crd', 'demo.test.ts', 'harbor-side', 'harbors', 'operator'];

const STAGES: readonly Stage[] = [
  check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
  check('lint', 'eslint', '.'),
  check('types', 'tsc', '--noEmit'),
  suite('unit'),
  suite('contract'),
  check('cluster', 'tsx', 'test/cluster/bin/build.ts'),
  suite(
    'integration',
    without(SECOND_HALF),
    without(
      readdirSync(join(import.meta.dirname, '../test/integration')).filter((name) => !SECOND_HALF.includes(name)),
    ),
  ),
];

const root = join(import.meta.dirname, '..');
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter) };

/** Runs a stage, passes its output on, and counts. */
async function run({ name, commands, isSuite }: Stage): Promise<Counts> {
  process.stdout.write(`\n== ${name} ==\n`);
  const startedAt = performance.now();
  const [first, ...others] = await Promise.all(commands.map((command, index) => runCommand(command, index === 0)));
  for (const { output } of others) process.stdout.write(output);
  const results = first === undefined ? [] : [first, ...others];
  const isOk = results.every(({ code }) => code === 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${name}: ${isOk ? 'ok' : 'FAILED'} after ${seconds} s\n`);
  return add(results.map(isSuite ? countTests : countCheck));
}

interface Result {
  readonly code: number | null;
  readonly output: string;
}

/** @param isShown - whether the output is shown as it comes */
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
const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${STAGES.map(({ name }) => name).join(', ')}.`);
}
const chosen = STAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const counts: Counts[] = [];
for (const stage of chosen) counts.push(await run(stage));
const { passed, failed } = add(counts);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
