// All tests, one after the other, whatever fails on the way. The last line is `N passed, N failed`; each check that is no test suite counts as one test.
// `npm test -- lint unit` runs only these.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';

interface Stage {
  readonly name: string;
  readonly command: readonly [program: string, ...args: readonly string[]];
  readonly isSuite: boolean;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const suite = (name: string): Stage => ({ name, command: ['mocha', `test/${name}/**/*.test.ts`], isSuite: true });
const check = (name: string, ...command: Stage['command']): Stage => ({ name, command, isSuite: false });

const STAGES: readonly Stage[] = [
  check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
  check('lint', 'eslint', '.'),
  check('types', 'tsc', '--noEmit'),
  suite('unit'),
  suite('contract'),
  suite('integration'),
];

const root = join(import.meta.dirname, '..');
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter) };

/** Runs a stage, passes its output on, and counts. */
async function run({ name, command: [program, ...args], isSuite }: Stage): Promise<Counts> {
  process.stdout.write(`\n== ${name} ==\n`);
  const startedAt = performance.now();
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${name}: ${code === 0 ? 'ok' : 'FAILED'} after ${seconds} s\n`);
  if (!isSuite) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const [passed, failed] = [count(output, 'passing'), count(output, 'failing')];
  // A suite that ended without saying what failed, or ran nothing at all, has failed itself.
  const isBroken = (code !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: isBroken ? failed + 1 : failed };
}

/** The number in the last line like `  12 passing (3s)`, as mocha ends with. */
function count(output: string, word: 'passing' | 'failing'): number {
  return Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm'))].at(-1)?.[1] ?? 0);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  throw new Error(`There is no ${unknown.join(', ')}; there are ${STAGES.map(({ name }) => name).join(', ')}.`);
}
const chosen = STAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const counts: Counts[] = [];
for (const stage of chosen) counts.push(await run(stage));
const sum = (key: keyof Counts): number => counts.reduce((total, one) => total + one[key], 0);
const failed = sum('failed');
process.stdout.write(`\n${sum('passed')} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
