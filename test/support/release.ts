import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A release that users may come from, as test/data/releases.json has it, the oldest first. */
interface Release {
  readonly name: string;
  readonly commit: string;
  /** That of its policies: FORM_VERSION in src/engines/policy.ts of that commit. */
  readonly form: string;
}

/** An older operator, made from the repository's history with the libraries that are installed now. */
export interface ReleasedOperator {
  /** The bundle's main file. */
  readonly program: string;
  /** Its config/, for `kubectl apply -k`. */
  readonly config: string;
  /** Its chart, for helm; the oldest release has none. */
  readonly chart: string;
}

export const RELEASES = JSON.parse(readFileSync(join(ROOT, 'test/data/releases.json'), 'utf8')) as readonly [
  Release,
  ...Release[],
];

/** The operator of a release. Throws where the repository's history doesn't reach back to it. */
export async function releasedOperator(release: Release): Promise<ReleasedOperator> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-release-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  await bringHistory(release);
  const archive = join(folder, 'release.tar');
  await run('git', ['archive', '--output', archive, release.commit]);
  await run('tar', ['-xf', archive, '-C', folder]);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const dist = join(folder, 'dist');
  await run(process.execPath, ['build.mjs', dist], folder);
  return {
    program: join(dist, 'main.js'),
    config: join(folder, 'config'),
    chart: join(folder, 'charts/registry-mirror-operator'),
  };
}

/** A shallow clone lacks the commit. Where the clone came from has it. */
export async function bringHistory({ name, commit }: Release, repository = ROOT): Promise<void> {
  const isHere = async (): Promise<boolean> =>
    (await runCommand('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: repository })).code === 0;
  if (await isHere()) return;
  await runCommand('git', ['fetch', '--quiet', '--depth=1', 'origin', commit], { cwd: repository });
  if (await isHere()) return;
  throw new Error(
    `The operator of ${name} is made from commit ${commit}, which this copy of the repository lacks. ` +
      'Get the whole history with `git fetch --unshallow`, or clone without --depth.',
  );
}

async function run(program: string, args: readonly string[], cwd = ROOT): Promise<void> {
  const { code, stderr } = await runCommand(program, args, { cwd });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}
