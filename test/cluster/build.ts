import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { go } from './go.js';
import { writeKyvernoManifests } from './kyverno-manifests.js';
import { readPins } from './pins.js';
import type { Pins } from './pins.js';
import { fromKubebuilderAssets, kubectlOnPath } from './prebuilt.js';
import { linkerFlags, moduleFolder, pinnedVersion, programs } from './programs.js';
import type { Program, ProgramName } from './programs.js';
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

interface Work {
  readonly pins: Pins;
  /** What is to be built of this module. */
  readonly missing: readonly Program[];
  readonly progress: Progress;
  /** Aborted when another part of the build has failed. */
  readonly signal: AbortSignal;
}

const manifestsName = 'kyverno-manifests.json';

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

/** Downloads what the missing programs are made of. `go list -deps` fetches just that; `go mod download` would fetch all of go.sum. */
async function download({ pins, missing, progress, signal }: Work): Promise<void> {
  if (missing.length === 0) return;
  const args = ['list', '-deps', '-f', '{{if .Error}}{{.Error}}{{end}}', ...missing.map((program) => program.package)];
  const remedy = 'Are the Go module proxy and the checksum database reachable (GOPROXY, GOSUMDB)?';
  await timed(progress, `downloading the Go modules of ${pins.module}`, () =>
    go(moduleFolder(pins.module), args, { kind: 'DownloadFailed', remedy }, signal),
  );
}

async function buildProgram(program: Program, { pins, progress, signal }: Work): Promise<void> {
  const version = pinnedVersion(pins.goMod, program.source);
  const flags = linkerFlags(program.module, version);
  const remedy = 'Is there room on the disk, and 4 GB of memory? The output says more:';
  await timed(progress, `building ${program.name} ${version} (about ${program.minutes} min the first time)`, () =>
    produce(join(pins.output, program.name), async (temporary) => {
      const args = ['build', '-trimpath', '-ldflags', flags, '-o', temporary, program.package];
      await go(moduleFolder(program.module), args, { kind: 'BuildFailed', remedy }, signal);
    }),
  );
}

async function buildModule(work: Work): Promise<void> {
  const { pins, missing, progress } = work;
  await mkdir(pins.output, { recursive: true });
  for (const program of missing) await buildProgram(program, work);
  const manifests = join(pins.output, manifestsName);
  if (pins.module === 'kyverno' && !existsSync(manifests)) {
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

/**
 * Builds what is missing of the local cluster's programs, and says where they all are.
 *
 * Programs are built from the Go modules pinned under modules/, into the cache folder; what is there already is not looked at
 * again. Programs in KUBEBUILDER_ASSETS (etcd, kube-apiserver, kubectl) and a kubectl of about the same version on PATH are
 * used as they are. Two processes may build at the same time. Throws BuildError.
 */
export async function buildBinaries(options: BuildOptions = {}): Promise<Binaries> {
  const progress = options.progress ?? progressToStderr;
  const pins = {
    kubernetes: await readPins('kubernetes'),
    etcd: await readPins('etcd'),
    kyverno: await readPins('kyverno'),
    registry: await readPins('registry'),
    helm: await readPins('helm'),
  };
  const cached = (program: Program): string => join(pins[program.module].output, program.name);
  const paths = new Map(programs.map((program) => [program.name, cached(program)]));
  for (const [name, path] of fromKubebuilderAssets()) paths.set(name, path);
  if (!existsSync(paths.get('kubectl') ?? '')) {
    const kubectl = await kubectlOnPath(pinnedVersion(pins.kubernetes.goMod, 'k8s.io/kubernetes'));
    if (kubectl !== undefined) paths.set('kubectl', kubectl);
  }
  const missing = programs.filter((program) => !existsSync(paths.get(program.name) ?? ''));
  const abort = new AbortController();
  const start = (of: Pins): { work: Work; downloaded: Promise<void> } => {
    const own = missing.filter((program) => program.module === of.module);
    const work = { pins: of, missing: own, progress, signal: abort.signal };
    return { work, downloaded: download(work) };
  };
  // Downloads wait for the network and run side by side. Compilers use all cores by themselves, linkers one: two builds at a
  // time keep the cores busy and fit into the memory.
  const lanes = [
    [pins.kubernetes, pins.etcd],
    // Helm is made of many of Kyverno's packages, which are built by then.
    [pins.kyverno, pins.registry, pins.helm],
  ].map((lane) => lane.map(start));
  const parts = [...lanes.flat().map(({ downloaded }) => downloaded), ...lanes.map(buildInOrder)];
  try {
    await Promise.all(parts);
  } catch (error) {
    abort.abort();
    await Promise.allSettled(parts);
    throw error;
  }
  return {
    ...(Object.fromEntries(paths) as Record<ProgramName, string>),
    'kyverno-manifests': join(pins.kyverno.output, manifestsName),
  };
}
