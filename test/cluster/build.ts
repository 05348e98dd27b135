import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildInTurn } from './build-turn.js';
import { ARCHIVED, envtestArchive, unpackedArchive } from './envtest.js';
import { go } from './go.js';
import { writeKyvernoManifests } from './kyverno-manifests.js';
import { cacheFolder, readPins } from './pins.js';
import type { Pins } from './pins.js';
import { fromKubebuilderAssets, kubectlOnPath } from './prebuilt.js';
import { linkerFlags, moduleFolder, pinnedVersion, programs } from './programs.js';
import type { ModuleName, Program, ProgramName } from './programs.js';
import { progressToStderr, timed } from './progress.js';
import type { Progress } from './progress.js';
import { isNewest } from './versions.js';
import { Remaining } from './remaining.js';

/** Where the local cluster's programs and files are: absolute paths. Those that nobody asked for may be missing there. */
export interface Binaries extends Readonly<Record<ProgramName, string>> {
  /** Kyverno's CRDs and configuration, as a JSON array of objects. */
  readonly 'kyverno-manifests': string;
}

export interface BuildOptions {
  /** What is needed. Default: all programs. */
  readonly names?: readonly ProgramName[];
  /** Told one line per step. Default: stderr. */
  readonly progress?: Progress;
}

interface Work {
  readonly pins: Pins;
  /** What is to be built of this module. */
  readonly missing: readonly Program[];
  /** Whether Kyverno's CRDs and configuration are to be had of this module. */
  readonly manifests: boolean;
  readonly remaining: Remaining;
  readonly progress: Progress;
  /** Aborted when another part of the build has failed. */
  readonly signal: AbortSignal;
}

const manifestsName = 'kyverno-manifests.json';

/** Fills `path` by way of a temporary name, so that a half-written file is never taken for a whole one, also where this process is killed. */
async function produce(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Downloads what the missing programs are made of. `go list -deps` fetches just that; `go mod download` would fetch all of go.sum. */
async function download({ pins, missing, progress, signal }: Work): Promise<void> {
  if (missing.length === 0) return;
  const args = ['list', '-deps', '-f', '{{if .Error}}{{.Error}}{{end}}', ...missing.map((program) => program.package)];
  const remedy = 'Are the Go module proxy and the checksum database reachable (GOPROXY, GOSUMDB)?';
  await timed(progress, `downloading the Go modules of ${pins.module}`, () =>
    go(moduleFolder(pins.module), args, { kind: 'DownloadFailed', remedy }, signal),
  );
}

async function buildProgram(program: Program, { pins, remaining, progress, signal }: Work): Promise<void> {
  const version = pinnedVersion(pins.goMod, program.source);
  const flags = linkerFlags(program.module, version);
  const remedy = 'Is there room on the disk, and 4 GB of memory? The output says more:';
  remaining.start(program, Date.now());
  const left = `about ${program.minutes} min the first time, ${remaining.minutes(Date.now())} min for all that is left`;
  await timed(progress, `building ${program.name} ${version} (${left})`, () =>
    produce(join(pins.output, program.name), async (temporary) => {
      const args = ['build', '-trimpath', '-ldflags', flags, '-o', temporary, program.package];
      await go(moduleFolder(program.module), args, { kind: 'BuildFailed', remedy }, signal);
    }),
  );
  remaining.finish(program);
}

async function buildModule(work: Work): Promise<void> {
  const { pins, missing, progress } = work;
  await mkdir(pins.output, { recursive: true });
  for (const program of missing) await buildProgram(program, work);
  if (work.manifests) {
    const manifests = join(pins.output, manifestsName);
    await timed(progress, "reading Kyverno's CRDs", () => produce(manifests, writeKyvernoManifests));
  }
}

/** One module after the other, each as soon as it is downloaded. */
async function buildInOrder(
  lane: readonly { readonly work: Work; readonly downloaded: Promise<void> }[],
): Promise<void> {
  for (const { work, downloaded } of lane) {
    await downloaded;
    await buildModule(work);
  }
}

/** How often a build that goes on says so. */
const STILL_BUILDING_MS = 60_000;

/** Where the programs are that need not be built; those that are nowhere have the place where they will be. */
async function findPrograms(
  names: readonly ProgramName[],
  cached: ReadonlyMap<ProgramName, string>,
  kubernetes: string,
  progress: Progress,
): Promise<ReadonlyMap<ProgramName, string>> {
  const paths = new Map(cached);
  // What others have built is of the newest version.
  const isOlder = !isNewest('kubernetes');
  if (!isOlder) for (const [name, path] of fromKubebuilderAssets()) paths.set(name, path);
  const isMissing = (name: ProgramName): boolean => names.includes(name) && !existsSync(paths.get(name) ?? '');
  if (isMissing('kubectl')) {
    const kubectl = await kubectlOnPath(kubernetes);
    if (kubectl !== undefined) paths.set('kubectl', kubectl);
  }
  // No archive has the controller manager. Who needs it compiles Kubernetes anyway, and gets all of it from one version.
  const archive = isOlder || names.includes('kube-controller-manager') ? undefined : envtestArchive();
  if (archive !== undefined && ARCHIVED.some(isMissing)) {
    const folder = await unpackedArchive(archive, progress);
    if (folder !== undefined) for (const name of ARCHIVED.filter(isMissing)) paths.set(name, join(folder, name));
  }
  return paths;
}

/**
 * Says where the local cluster's programs are, and builds those that are nowhere.
 *
 * First come the programs in KUBEBUILDER_ASSETS (etcd, kube-apiserver, kubectl), then what was built before, a kubectl of about the same version
 * on PATH, and the archive of envtest. The rest is built from the Go modules pinned under modules/, into the cache folder.
 * Of several processes that miss something, one builds at a time, and the others use what it has built. Throws BuildError.
 */
export async function buildBinaries(options: BuildOptions = {}): Promise<Binaries> {
  const progress = options.progress ?? progressToStderr;
  const names = options.names ?? programs.map(({ name }) => name);
  const pins = {
    kubernetes: await readPins('kubernetes'),
    etcd: await readPins('etcd'),
    kyverno: await readPins('kyverno'),
    registry: await readPins('registry'),
    helm: await readPins('helm'),
    flux: await readPins('flux'),
  };
  const cached = new Map(programs.map(({ name, module }) => [name, join(pins[module].output, name)]));
  const kubernetes = pinnedVersion(pins.kubernetes.goMod, 'k8s.io/kubernetes');
  const paths = await findPrograms(names, cached, kubernetes, progress);
  const manifests = join(pins.kyverno.output, manifestsName);
  const missing = (): readonly Program[] =>
    programs.filter(({ name }) => names.includes(name) && !existsSync(paths.get(name) ?? ''));
  const lacksManifests = (): boolean => names.includes('kyverno') && !existsSync(manifests);
  await buildInTurn({
    folder: join(cacheFolder(), 'bin'),
    missing: () => [...missing().map(({ name }) => name), ...(lacksManifests() ? [manifestsName] : [])],
    build: async () => buildMissing(missing(), pins, lacksManifests(), progress),
    progress,
  });
  return { ...(Object.fromEntries(paths) as Record<ProgramName, string>), 'kyverno-manifests': manifests };
}

async function buildMissing(
  missing: readonly Program[],
  pins: Readonly<Record<ModuleName, Pins>>,
  manifests: boolean,
  progress: Progress,
): Promise<void> {
  const abort = new AbortController();
  const remaining = new Remaining(missing);
  const start = (of: Pins): { work: Work; downloaded: Promise<void> } => {
    const work = {
      pins: of,
      missing: missing.filter((program) => program.module === of.module),
      manifests: manifests && of.module === 'kyverno',
      remaining,
      progress,
      signal: abort.signal,
    };
    return { work, downloaded: download(work) };
  };
  // Downloads wait for the network and run side by side. Compilers use all cores by themselves, linkers one: two builds at a
  // time keep the cores busy and fit into the memory.
  const lanes = [
    [pins.kubernetes, pins.etcd, pins.flux],
    // Helm is made of many of Kyverno's packages, which are built by then.
    [pins.kyverno, pins.registry, pins.helm],
  ].map((lane) => lane.map(start));
  const parts = [...lanes.flat().map(({ downloaded }) => downloaded), ...lanes.map(buildInOrder)];
  const timer = setInterval(() => {
    const line = remaining.line(Date.now());
    if (line !== undefined) progress(line);
  }, STILL_BUILDING_MS);
  try {
    await Promise.all(parts);
  } catch (error) {
    abort.abort();
    await Promise.allSettled(parts);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
