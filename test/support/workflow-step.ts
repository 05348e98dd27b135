import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runCommand } from './command.js';
import type { CommandResult } from './command.js';

const WORKFLOWS = fileURLToPath(new URL('../../.github/workflows/', import.meta.url));

interface Workflow {
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<
    Record<string, { readonly steps?: readonly { readonly name?: string; readonly run?: string }[] }>
  >;
}

export interface StepOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Files by their path, in the folder that the step runs in. */
  readonly files?: Readonly<Record<string, string>>;
  /** What stands in for programs that would reach out, as text of a shell. */
  readonly programs?: Readonly<Record<string, string>>;
}

export interface StepResult extends CommandResult {
  /** What the step wrote to GITHUB_OUTPUT. */
  readonly outputs: readonly string[];
  /** Those of the files asked for that the step made. */
  readonly files: Readonly<Record<string, string>>;
}

/** How GitHub starts a shell: pipefail is on where a workflow names bash, and off where it names none. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  bash: ['--noprofile', '--norc', '-eo', 'pipefail'],
  none: ['-e'],
};

/**
 * Runs the commands of a workflow's step by themselves, in a folder of their own.
 *
 * @param keep - files of that folder to return
 */
export async function runStep(
  workflow: string,
  job: string,
  name: string,
  { env = {}, files = {}, programs = {} }: StepOptions,
  keep: readonly string[] = [],
): Promise<StepResult> {
  const { defaults, jobs } = parse(readFileSync(join(WORKFLOWS, `${workflow}.yaml`), 'utf8')) as Workflow;
  const script = jobs[job]?.steps?.find((step) => step.name === name)?.run;
  const shell = SHELLS[defaults?.run?.shell ?? 'none'];
  if (script === undefined || shell === undefined) throw new Error(`${workflow} has no step of ${job}: ${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-step-'));
  const write = (path: string, text: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  try {
    for (const [path, text] of Object.entries(files)) write(`work/${path}`, text);
    for (const [program, text] of Object.entries(programs))
      chmodSync(write(`programs/${program}`, `#!/bin/bash\n${text}\n`), 0o755);
    const output = write('output', '');
    mkdirSync(join(folder, 'work'), { recursive: true });
    const result = await runCommand('bash', [...shell, write('step.sh', script)], {
      cwd: join(folder, 'work'),
      env: {
        PATH: [join(folder, 'programs'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
        GITHUB_OUTPUT: output,
        ...env,
      },
    });
    const made = keep.filter((path) => existsSync(join(folder, 'work', path)));
    return {
      ...result,
      outputs: readFileSync(output, 'utf8').split('\n').slice(0, -1),
      files: Object.fromEntries(made.map((path) => [path, readFileSync(join(folder, 'work', path), 'utf8')])),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
