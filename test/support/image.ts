import { chmodSync, copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.js';
import type { CommandResult } from './command.js';
import { IMAGE, runBuildStage, texts } from './dockerfile.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the Dockerfile's commands and the tests need of a base image, beside Node itself. */
const BASE_PROGRAMS = ['/bin/sh', '/bin/rm', '/bin/ln', '/usr/bin/env'];
const PATH = '/usr/local/bin:/usr/bin:/bin';

/** A program, and how to run it as a container's process. */
export interface Contained {
  readonly program: string;
  readonly args: readonly string[];
}

/** The image of the Dockerfile as a folder. */
export interface Image {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** Runs a command as the image's user on a root file system that is read-only, without the right to get more rights. */
  contain(command: readonly string[]): Contained;
}

/** Whether this process may build and run an image: file systems are mounted for it, which takes root on Linux. */
export const CAN_CONTAIN = process.platform === 'linux' && process.getuid?.() === 0;

/**
 * Builds the image without a container engine: the stages' instructions, on a base made of this machine's Node and C library.
 *
 * @param mounts - folders that the cluster would mount into the container; made, since the root can't be written later
 */
export async function buildImage(folder: string, mounts: readonly string[]): Promise<Image> {
  const root = join(folder, 'root');
  await makeBase(root);
  const shell = async (command: string, cwd: string): Promise<void> => {
    const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: folder };
    expectSuccess(await runCommand('sh', ['-euc', command], { cwd, env }));
  };
  const app = await runBuildStage(folder, shell);
  for (const { word, text } of IMAGE) {
    if (word === 'RUN')
      expectSuccess(await runCommand('/usr/sbin/chroot', [root, '/bin/sh', '-euc', text], { env: { PATH } }));
    if (word === 'COPY') copy(text, app, root);
  }
  for (const mount of [...mounts, '/proc', '/dev']) mkdirSync(join(root, mount), { recursive: true });
  const [user = ''] = texts(IMAGE, 'USER');
  const [entrypoint = '[]'] = texts(IMAGE, 'ENTRYPOINT');
  return {
    root,
    env: { PATH, ...Object.fromEntries(texts(IMAGE, 'ENV').map(readVariable)) },
    entrypoint: JSON.parse(entrypoint) as readonly string[],
    contain: (command) => contained(root, user, command),
  };
}

/** `COPY --from=build /src/dist /app`, or from the repository. */
function copy(text: string, app: string, root: string): void {
  const [to = '', from = '', stage] = text.split(' ').reverse();
  if (stage !== undefined && (stage !== '--from=build' || from !== '/src/dist'))
    throw new Error(`What does COPY ${text} take?`);
  cpSync(stage === undefined ? join(ROOT, from) : app, join(root, to), { recursive: true });
}

/** `NODE_ENV=production`, with or without quotes. */
function readVariable(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^(\w+)="?(.*?)"?$/.exec(text) ?? [];
  return [name, value];
}

async function makeBase(root: string): Promise<void> {
  const programs = new Map([
    ...BASE_PROGRAMS.map((path) => [path, path] as const),
    ['/usr/local/bin/node', process.execPath],
  ]);
  for (const [to, from] of programs) {
    place(from, join(root, to));
    const { stdout } = expectSuccess(await runCommand('ldd', [from]));
    for (const [library] of stdout.matchAll(/\/\S+/g)) place(library, join(root, library));
  }
  chmodSync(root, 0o755);
}

function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** Each program replaces the one before it: signals reach the last one, as they do in a container without an init. */
function contained(root: string, user: string, command: readonly string[]): Contained {
  const prepare = [
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    'mount --rbind /dev "$0/dev"',
    'mount -o remount,bind,ro "$0"',
    `exec setpriv --no-new-privs /usr/sbin/chroot --userspec=${user} "$0" "$@"`,
  ].join(' && ');
  return {
    program: '/usr/bin/unshare',
    args: ['--mount', '--propagation', 'private', '/bin/sh', '-euc', prepare, root, ...command],
  };
}

function expectSuccess(result: CommandResult): CommandResult {
  if (result.code !== 0) throw new Error(result.stderr);
  return result;
}
