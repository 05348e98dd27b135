import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Watchdog } from './watchdog.js';

/** A program that runs until it is stopped, its output in a file. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** True while the process lives. */
  running(): boolean;
  /** The exit code of a process that has ended; null when a signal ended it, undefined while it lives. */
  exitCode(): number | null | undefined;
  /** Throws, with the log's last lines, when the process has ended. */
  check(): void;
  /** Ends the process: SIGTERM, then SIGKILL after `graceMs` (0: SIGKILL at once). Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
}

export interface DaemonOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logPath: string;
}

/** The last `count` lines of a file. */
export function lastLines(path: string, count: number): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}

/** The long-running programs of one owner (a cluster, a registry), none of which outlives this process, however it ends. */
export class Daemons {
  readonly #watchdog: Watchdog;

  /** @param folder temporary folder that goes when everything is over, also when this process can't remove it. */
  constructor(folder: string) {
    this.#watchdog = new Watchdog(folder);
  }

  /** Starts a program in a session of its own, so that ctrl-C in a terminal reaches only the one who stops it in order. */
  start(options: DaemonOptions): Daemon {
    const log = openSync(options.logPath, 'a');
    const child = spawn(options.program, options.args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    // Without a process id the start has failed, which is thrown below.
    child.once('error', () => undefined);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${options.program} could not be started. Is it an executable file?`);
    child.unref();
    this.#watchdog.watch(pid);
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => {
        this.#watchdog.forget(pid);
        resolve();
      });
    });
    const running = (): boolean => child.exitCode === null && child.signalCode === null;
    return {
      name: options.name,
      pid,
      logPath: options.logPath,
      running,
      exitCode: () => (running() ? undefined : child.exitCode),
      check: () => {
        if (running()) return;
        throw new Error(
          `${options.name} has ended. Its last lines (${options.logPath}):\n${lastLines(options.logPath, 15)}`,
        );
      },
      stop: async (graceMs = 5000) => {
        if (!running()) return;
        child.ref();
        child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
        await gone;
        clearTimeout(timer);
      },
    };
  }

  /** Says that every daemon is stopped and the folder removed. */
  release(): void {
    this.#watchdog.release();
  }
}
