import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

const script = [
  'groups=""',
  'while read -r line; do groups="$line"; done',
  'for group in $groups; do kill -KILL "-$group"; done',
  '[ -z "$1" ] || rm -rf -- "$1"',
].join('; ');

/**
 * Ends process groups when this process ends, however it ends.
 *
 * A shell reads the list of groups from a pipe. The pipe closes when this process ends, even by SIGKILL, and the shell then ends what is on
 * the list and removes a folder. No signal handler is needed, and none gets in the way of the program's own.
 */
export class Watchdog {
  readonly #folder: string;
  readonly #groups = new Set<number>();
  #shell: ChildProcess | undefined;

  /** @param folder temporary folder to remove at the end; none when empty. */
  constructor(folder = '') {
    this.#folder = folder;
  }

  /** Puts a group, known by its leader's process id, on the list. */
  watch(group: number): void {
    this.#groups.add(group);
    this.#tell();
  }

  /** Takes a group that has ended off the list: its number may be given to another one. */
  forget(group: number): void {
    this.#groups.delete(group);
    this.#tell();
  }

  /** Lets the shell go; it ends what is still on the list and removes the folder. */
  release(): void {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #tell(): void {
    this.#shell ??= startShell(this.#folder);
    this.#shell.stdin?.write(`${[...this.#groups].join(' ')}\n`);
  }
}

function startShell(folder: string): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  // Its pipe must not keep this process alive either.
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  // Whoever ends the shell by hand gives up its service, not this process.
  shell.stdin.on('error', () => undefined);
  return shell;
}
