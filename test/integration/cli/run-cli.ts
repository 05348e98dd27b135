import { run } from '../../../src/cli/program.js';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly warnings: string;
}

/** Runs the command line in this process, with this environment in place of the process's own. */
export async function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  const out: string[] = [];
  const warnings: string[] = [];
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const code = await run(args, { out: (line) => out.push(line), warn: (line) => warnings.push(line) });
    return { code, out: out.join('\n'), warnings: warnings.join('\n') };
  } finally {
    for (const name of Object.keys(env)) {
      const value = before[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
