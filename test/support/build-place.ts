import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.js';
import type { CommandResult } from './command.js';

const BUILD_SCRIPT = join(import.meta.dirname, '..', 'cluster', 'bin', 'build.ts');

/** A go command that writes down how it was called and makes files in no time, but for programs that are held. */
export const FAKE_GO = `#!/bin/sh
echo "$1 GOFLAGS=$GOFLAGS CGO_ENABLED=$CGO_ENABLED GOOS=$GOOS $*" >> "$PLACE/calls"
case "$1" in
  build)
    while [ "$1" != -o ]; do shift; done
    name=\${2##*/}
    name=\${name%%.*}
    while [ -e "$PLACE/held/$name" ]; do sleep 0.05; done
    if rm "$PLACE/failing/$name" 2>/dev/null; then echo "no space left" >&2; exit 1; fi
    echo program > "$2" ;;
  mod) echo "{\\"Dir\\": \\"$PLACE/module\\"}" ;;
esac
`;

/** A build that goes on in a process of its own. */
export interface StartedBuild {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly stderr: () => string;
  /** The exit code, once the process has ended; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** A temporary folder where the local cluster's programs are built in no time, into a cache of its own. */
export class BuildPlace {
  readonly folder = mkdtempSync(join(tmpdir(), 'registry-mirror-build-'));
  readonly cache = join(this.folder, 'cache');
  readonly #started: ChildProcess[] = [];

  constructor() {
    for (const name of ['path', 'held', 'failing', 'module/config'])
      mkdirSync(join(this.folder, name), { recursive: true });
    const manifests = 'kind: Namespace\nmetadata: {name: kyverno}\n';
    writeFileSync(join(this.folder, 'module/config/install-latest-testing.yaml'), manifests);
    this.script('go', FAKE_GO);
    this.script('kubectl', '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.20.0"}}\'\n');
  }

  /** Puts a program on PATH. */
  script(name: string, content: string): void {
    const path = join(this.folder, 'path', name);
    writeFileSync(path, content);
    chmodSync(path, 0o755);
  }

  /** Keeps the build of this program from ending until the returned function is called. */
  hold(program: string): () => void {
    const path = join(this.folder, 'held', program);
    writeFileSync(path, '');
    return () => {
      rmSync(path);
    };
  }

  /** Lets the next build of this program fail. */
  failOnce(program: string): void {
    writeFileSync(join(this.folder, 'failing', program), '');
  }

  /** How go was called to build something. */
  builds(): readonly string[] {
    const path = join(this.folder, 'calls');
    const calls = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    return calls.filter((call) => call.startsWith('build '));
  }

  /** Builds these programs, by default all, and waits for the end. */
  async build(env: NodeJS.ProcessEnv = {}, names: readonly string[] = []): Promise<CommandResult> {
    return runCommand(process.execPath, argumentsFor(names), { env: this.#environment(env) });
  }

  /** Starts to build these programs. None is looked for in an archive. */
  start(names: readonly string[]): StartedBuild {
    const env = this.#environment({ ENVTEST_ARCHIVE_URL: 'off' });
    const child = spawn(process.execPath, argumentsFor(names), { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#started.push(child);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
    return { pid: child.pid ?? 0, isRunning, stderr: () => stderr, ended };
  }

  /** Ends what still builds. */
  remove(): void {
    for (const child of this.#started) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  #environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const PATH = `${join(this.folder, 'path')}:/bin:/usr/bin`;
    return { PATH, HOME: this.folder, PLACE: this.folder, REGISTRY_MIRROR_CACHE: this.cache, ...more };
  }
}

function argumentsFor(names: readonly string[]): readonly string[] {
  return ['--import', 'tsx', BUILD_SCRIPT, ...names];
}
