// Runs one stage of `npm test` and counts what passed and what failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Command, Stage } from './stages.ts';

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests of a suite that ran to its end. */
  readonly failures: readonly Failure[];
  readonly output: string;
}

/** As test/support/failures-reporter.cjs writes it. */
export interface Failure {
  /** Path of the spec file. */
  readonly file: string;
  readonly title: string;
}

const root = join(import.meta.dirname, '../..');
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter) };

/** @param isShown - whether the output is written out as it comes */
export async function runStage({ name, command, isSuite }: Stage, isShown: boolean): Promise<Outcome> {
  const startedAt = performance.now();
  const header = `\n== ${name} ==\n`;
  if (isShown) process.stdout.write(header);
  const result = await (isSuite ? runSuite(command, isShown) : runCheck(command, isShown));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const footer = `${name}: ${result.failed === 0 ? 'ok' : 'FAILED'} after ${seconds} s\n`;
  if (isShown) process.stdout.write(footer);
  return { ...result, output: `${header}${result.output}${footer}` };
}

async function runCheck(command: Command, isShown: boolean): Promise<Outcome> {
  const { code, output } = await runCommand(command, isShown);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, failures: [], output };
}

async function runSuite(command: Command, isShown: boolean): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'failures-'));
  const file = join(folder, 'failures');
  writeFileSync(file, '');
  try {
    const reporter = ['--reporter', 'test/support/failures-reporter.cjs', '--reporter-option', `file=${file}`];
    const { code, output } = await runCommand([...command, ...reporter], isShown);
    const [passed, failed] = [count(output, 'passing'), count(output, 'failing')];
    // A suite that ended without saying what failed, or ran nothing at all, has failed itself.
    const isBroken = (code !== 0 && failed === 0) || passed + failed === 0;
    const failures = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return {
      passed,
      failed: isBroken ? failed + 1 : failed,
      failures: isBroken ? [] : failures.map((line) => JSON.parse(line) as Failure),
      output,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runCommand(
  [program, ...args]: Command,
  isShown: boolean,
): Promise<{ readonly code: number | null; readonly output: string }> {
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

/** The number in the last line like `  12 passing (3s)`, as mocha ends with. */
function count(output: string, word: 'passing' | 'failing'): number {
  return Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm'))].at(-1)?.[1] ?? 0);
}
