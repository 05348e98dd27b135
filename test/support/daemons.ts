import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A program that runs until it is stopped, its output in a file. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** True while the process lives. */
  running(): boolean;
  /** Throws, with the log's last lines, when the process has ended. */
  check(): void;
  /** Ends the process: SIGTERM, then SIGKILL after `graceMs` (0: SIGKILL at once). Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** Stops the process from running without ending it (SIGSTOP), and lets it run again (SIGCONT). */
  freeze(): void;
  thaw(): void;
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

/**
 * The long-running programs of one owner (a cluster, a registry), none of which outlives this process, however it ends.
 *
 * A shell that reads the list of process ids from a pipe does the watching: the pipe closes when this process ends, even by
 * SIGKILL, and the shell then ends what is on the list and removes `folder`. No signal handler is needed here.
 */
export class Daemons {
  readonly #folder: string;
  readonly #live = new Map<number, ChildProcess>();
  #watchdog: ChildProcess | undefined;

  /** @param folder temporary folder that goes when everything is over; the watchdog removes it if this process can't. */
  constructor(folder: string) {
    this.#folder = folder;
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
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    const { pid } = child;
    if (pid === undefined) throw new Error(`${options.program} could not be started. Is it an executable file?`);
    child.unref();
    this.#live.set(pid, child);
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => {
        this.#live.delete(pid);
        this.#tellWatchdog();
        resolve();
      });
    });
    this.#tellWatchdog();
    const running = (): boolean => child.exitCode === null && child.signalCode === null;
    return {
      name: options.name,
      pid,
      logPath: options.logPath,
      running,
      check: () => {
        if (failure !== undefined) throw failure;
        if (running()) return;
        throw new Error(
          `${options.name} ended unexpectedly. Its last lines (${options.logPath}):\n${lastLines(options.logPath, 15)}`,
        );
      },
      stop: async (graceMs = 5000) => {
        if (!running()) return;
        child.ref();
        child.kill('SIGCONT');
        child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
        await gone;
        clearTimeout(timer);
      },
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
    };
  }

  /** Lets the watchdog go; call it when every daemon is stopped and the folder is removed. */
  release(): void {
    this.#watchdog?.stdin?.end();
    this.#watchdog = undefined;
  }

  #tellWatchdog(): void {
    this.#watchdog ??= startWatchdog(this.#folder);
    this.#watchdog.stdin?.write(`${[...this.#live.keys()].join(' ')}\n`);
  }
}

function startWatchdog(folder: string): ChildProcess {
  const script = 'pids=""; while read -r line; do pids="$line"; done; [ -z "$pids" ] || kill -9 $pids; rm -rf -- "$1"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  // Neither the watchdog nor its pipe may keep this process alive.
  (watchdog.stdin as unknown as { unref?: () => void }).unref?.();
  watchdog.stdin.on('error', () => undefined);
  return watchdog;
}
