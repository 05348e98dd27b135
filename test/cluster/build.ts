import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runCommand } from '../support/command.js';
import { BuildError } from './build-error.js';
import { go } from './go.js';
import { writeKyvernoManifests } from './kyverno-manifests.js';
import { linkerFlags, moduleFolder, pinnedVersion, programs } from './programs.js';
import type { ModuleName, Program, ProgramName } from './programs.js';
import { progressToStderr, timed } from './progress.js';
import type { Progress } from './progress.js';

/** Where the local cluster's programs and files are: absolute paths. */
export interface Binaries extends Readonly<Record<ProgramName, string>> {
  /** Kyverno's CRDs and configuration, as a JSON array of objects. */
  readonly 'kyverno-manifests': string;
}

export interface BuildOptions {
  /** Told one line per step. Default: stderr. */
  readonly progress?: Progress;
}

/** The cache's folder: REGISTRY_MIRROR_CACHE, else ~/.cache/registry-mirror-operator. */
export function cacheFolder(): string {
  const fromEnvironment = process.env.REGISTRY_MIRROR_CACHE;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  return join(homedir(), '.cache', 'registry-mirror-operator');
}

interface Pins {
  readonly module: ModuleName;
  readonly goMod: string;
  /** This module's part of the cache, named by all that decides what is built. */
  readonly output: string;
}

/** Raised when a generated file in the cache changes its form. */
const cacheForm = 2;

async function readPins(module: ModuleName): Promise<Pins> {
  const folder = moduleFolder(module);
  const [goMod, goSum] = await Promise.all([
    readFile(join(folder, 'go.mod'), 'utf8'),
    readFile(join(folder, 'go.sum'), 'utf8'),
  ]);
  const flags = programs
    .filter((program) => program.module === module)
    .map((program) => linkerFlags(module, pinnedVersion(goMod, program.source)));
  const hash = createHash('sha256')
    .update(JSON.stringify([cacheForm, process.platform, process.arch, goMod, goSum, flags]))
    .digest('hex')
    .slice(0, 16);
  return { module, goMod, output: join(cacheFolder(), 'bin', `${module}-${hash}`) };
}

/** Fills `path` by way of a temporary name, so that a half-written file is never taken for a whole one, whoever else builds. */
async function produce(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function buildProgram(program: Program, pins: Pins, progress: Progress): Promise<void> {
  const version = pinnedVersion(pins.goMod, program.source);
  const flags = linkerFlags(program.module, version);
  await timed(progress, `building ${program.name} ${version} (about ${program.minutes} min the first time)`, () =>
    produce(join(pins.output, program.name), async (temporary) => {
      const args = ['build', '-trimpath', '-ldflags', flags, '-o', temporary, program.package];
      await go(
        moduleFolder(program.module),
        args,
        'BuildFailed',
        'See the output below; a full disk is the usual cause.',
      );
    }),
  );
}

async function buildModule(pins: Pins, missing: readonly Program[], progress: Progress): Promise<void> {
  await mkdir(pins.output, { recursive: true });
  for (const program of missing) await buildProgram(program, pins, progress);
  const manifests = join(pins.output, 'kyverno-manifests.json');
  if (pins.module === 'kyverno' && !existsSync(manifests)) {
    await timed(progress, "reading Kyverno's CRDs", () => produce(manifests, writeKyvernoManifests));
  }
}

/** Downloads what the missing programs are made of. `go list -deps` fetches just that; `go mod download` would fetch all of go.sum. */
async function download(pins: Pins, missing: readonly Program[], progress: Progress): Promise<void> {
  const packages = missing.map((program) => program.package);
  if (packages.length === 0) return;
  const remedy = 'Are the Go module proxy and checksum database reachable (GOPROXY, GOSUMDB)?';
  await timed(progress, `downloading the Go modules of ${pins.module}`, async () => {
    await go(
      moduleFolder(pins.module),
      ['list', '-deps', '-f', '{{if .Error}}{{.Error}}{{end}}', ...packages],
      'DownloadFailed',
      remedy,
    );
  });
}

function fromKubebuilderAssets(): ReadonlyMap<ProgramName, string> {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (folder === undefined || folder === '') return new Map();
  if (!existsSync(folder)) {
    throw new BuildError(
      'AssetsMissing',
      `KUBEBUILDER_ASSETS names ${folder}, which does not exist. Unset it, or fill it (setup-envtest use).`,
    );
  }
  const names = ['etcd', 'kube-apiserver', 'kubectl'] as const;
  return new Map(names.map((name) => [name, join(folder, name)] as const).filter(([, path]) => existsSync(path)));
}

/** A kubectl on PATH, if its version is at most one minor version away from the API server's: kubectl's own support rule. */
async function kubectlOnPath(goMod: string): Promise<string | undefined> {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  const answer = await runCommand(path, ['version', '--client', '-o', 'json']);
  const found = /"gitVersion": "v1\.(\d+)\./.exec(answer.stdout)?.[1];
  const wanted = /^v1\.(\d+)\./.exec(pinnedVersion(goMod, 'k8s.io/kubernetes'))?.[1];
  return Math.abs(Number(found) - Number(wanted)) <= 1 ? path : undefined;
}

/**
 * Builds what is missing of the local cluster's programs, and says where they all are.
 *
 * Programs are built from the Go modules pinned under modules/, into the cache folder; what is there already is not looked at
 * again. Programs in KUBEBUILDER_ASSETS (etcd, kube-apiserver, kubectl) and a kubectl of about the same version on PATH are
 * used as they are. Two processes may build at the same time. Throws BuildError.
 */
export async function buildBinaries(options: BuildOptions = {}): Promise<Binaries> {
  const progress = options.progress ?? progressToStderr;
  const found = new Map(fromKubebuilderAssets());
  const modules: readonly ModuleName[] = ['kubernetes', 'kyverno', 'etcd', 'registry'];
  const allPins = await Promise.all(modules.map(readPins));
  const pinsOf = (module: ModuleName): Pins => {
    const pins = allPins.find((candidate) => candidate.module === module);
    if (pins === undefined) throw new Error(`No pins for ${module}.`);
    return pins;
  };
  const cached = (program: Program): string => join(pinsOf(program.module).output, program.name);
  for (const program of programs) {
    if (!found.has(program.name) && existsSync(cached(program))) found.set(program.name, cached(program));
  }
  if (!found.has('kubectl')) {
    const kubectl = await kubectlOnPath(pinsOf('kubernetes').goMod);
    if (kubectl !== undefined) found.set('kubectl', kubectl);
  }
  const missingOf = (pins: Pins): readonly Program[] =>
    programs.filter((program) => program.module === pins.module && !found.has(program.name));
  // Downloads wait for the network and run side by side. Compilers use all cores by themselves, linkers one: two builds at a
  // time keep the cores busy and fit into 8 GB.
  const downloads = allPins.map((pins) => download(pins, missingOf(pins), progress));
  const [first, second] = [
    [0, 2],
    [1, 3],
  ].map(async (lane) => {
    for (const index of lane) {
      await downloads[index];
      const pins = allPins[index];
      if (pins !== undefined) await buildModule(pins, missingOf(pins), progress);
    }
  });
  await Promise.all([...downloads, first, second]);
  for (const program of programs) if (!found.has(program.name)) found.set(program.name, cached(program));
  return {
    ...(Object.fromEntries(found) as Record<ProgramName, string>),
    'kyverno-manifests': join(pinsOf('kyverno').output, 'kyverno-manifests.json'),
  };
}
