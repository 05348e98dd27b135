import { spawn } from 'node:child_process';
import { Watchdog } from './watchdog.js';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for the command's standard input. */
  readonly stdin?: string;
  /** Ends the command, with all that it has started, when aborted. */
  readonly signal?: AbortSignal;
}

const watchdog = new Watchdog();

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // It has ended by itself, and the news is on its way.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a program to its end and returns what it printed and its exit code; a non-zero code is not an error here. The program, with all that
 * it has started, does not outlive this process. Rejects when it can't be started (code ENOENT) or was ended by a signal.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) watchdog.watch(pid);
  const end = (): void => {
    if (pid !== undefined) killGroup(pid);
  };
  options.signal?.addEventListener('abort', end, { once: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends without reading its input closes the pipe: its exit code says all there is to say.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        if (exitCode === null) reject(new Error(`${program} ${args.join(' ')} was ended by ${signal ?? 'a signal'}.`));
        else resolve(exitCode);
      });
    });
    return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  } finally {
    options.signal?.removeEventListener('abort', end);
    if (pid !== undefined) watchdog.forget(pid);
  }
}
