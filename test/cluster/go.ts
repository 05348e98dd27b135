import { runCommand } from '../support/command.js';
import type { CommandResult } from '../support/command.js';
import { BuildError } from './build-error.js';
import type { BuildErrorKind } from './build-error.js';

/**
 * The environment for the go command: the caller's, without what would change the result (a go.work, build flags, another
 * target). GOFLAGS is set, not emptied: an empty one falls back to what `go env -w` wrote.
 */
export function goEnvironment(): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  for (const name of ['GOOS', 'GOARCH', 'GOEXPERIMENT']) Reflect.deleteProperty(inherited, name);
  return { ...inherited, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GO111MODULE: 'on' };
}

/** What it means when the go command fails, and what to do about it. */
export interface GoFailure {
  readonly kind: BuildErrorKind;
  readonly remedy: string;
}

function tail(result: CommandResult): string {
  return `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
}

/**
 * Runs `go` in a module's folder and returns what it printed. Throws BuildError: GoMissing and GoTooOld with what to install,
 * else what `failure` says with the last
 * lines of the output.
 */
export async function go(
  folder: string,
  args: readonly string[],
  failure: GoFailure,
  signal?: AbortSignal,
): Promise<string> {
  let result: CommandResult;
  try {
    result = await runCommand('go', args, {
      cwd: folder,
      env: goEnvironment(),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new BuildError(
      'GoMissing',
      'The local cluster is built with Go, and there is no `go` on PATH. Install Go 1.26 or later (or set GOTOOLCHAIN=auto with Go 1.21 or later) and try again.',
      { cause: error },
    );
  }
  if (result.code === 0) return result.stdout;
  const needed = /requires go >= (\S+)/.exec(result.stderr)?.[1];
  if (needed !== undefined) {
    throw new BuildError(
      'GoTooOld',
      `This Go is too old: Go ${needed.replace(/[;)]$/, '')} or later is needed. Install it, or set GOTOOLCHAIN=auto.\n${tail(result)}`,
    );
  }
  throw new BuildError(
    failure.kind,
    `\`go ${args.join(' ')}\` failed in ${folder} (exit code ${result.code}). ${failure.remedy}\n${tail(result)}`,
  );
}
