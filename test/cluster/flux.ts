import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { freePorts } from '../support/ports.js';
import { eventually } from '../support/wait.js';
import { buildBinaries } from './build.js';
import type { Cluster } from './cluster.js';
import { go } from './go.js';
import { moduleFolder } from './programs.js';
import { progressToStderr, timed } from './progress.js';

/** The namespace of Flux's own objects. */
export const FLUX_NAMESPACE = 'flux-system';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CONTROLLERS = ['source-controller', 'kustomize-controller', 'helm-controller'] as const;

type Controller = (typeof CONTROLLERS)[number];

interface Crd {
  readonly metadata: { readonly name: string };
}

/**
 * Flux's CRDs and its controllers: source-controller fetches Git repositories and packs charts, kustomize-controller applies, waits for and prunes what is in
 * them, and helm-controller installs charts. Each is an administrator.
 */
export class Flux {
  readonly #cluster: Cluster;
  readonly #crds: readonly Crd[];
  readonly #controllers: ReadonlyMap<Controller, Daemon>;

  private constructor(cluster: Cluster, crds: readonly Crd[], controllers: ReadonlyMap<Controller, Daemon>) {
    this.#cluster = cluster;
    this.#crds = crds;
    this.#controllers = controllers;
  }

  /** Puts Flux into a cluster; its controllers are built first if they are not there. */
  static async start(cluster: Cluster): Promise<Flux> {
    const binaries = await buildBinaries({ names: CONTROLLERS });
    const crds = await readCrds();
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLUX_NAMESPACE } }]);
    const controllers = await timed(
      progressToStderr,
      "installing Flux's CRDs and starting its controllers",
      async () => {
        for (const crd of crds) await cluster.api.json('POST', CRDS, crd);
        const { stderr, code } = await cluster.kubectl([
          'wait',
          '--for=condition=Established',
          ...crds.map((crd) => `crd/${crd.metadata.name}`),
        ]);
        if (code !== 0) throw new Error(`Flux's CRDs are not established: ${stderr}`);
        return startControllers(binaries, cluster.kubeconfigPath);
      },
    );
    return new Flux(cluster, crds, controllers);
  }

  /** What a controller has logged. */
  async log(controller: Controller): Promise<string> {
    const daemon = this.#controllers.get(controller);
    return daemon === undefined ? '' : readFile(daemon.logPath, 'utf8');
  }

  /** Takes Flux out of the cluster, so that it can be put in again. */
  async stop(): Promise<void> {
    try {
      // Before the controllers end: the objects that are left go with these, and have finalizers that only the controllers take away.
      await this.#delete(['crd', ...this.#crds.map(({ metadata }) => metadata.name)]);
    } finally {
      await Promise.all([...this.#controllers.values()].map(async (controller) => controller.stop()));
    }
    await this.#delete(['namespace', FLUX_NAMESPACE]);
  }

  async #delete(what: readonly string[]): Promise<void> {
    const { stderr, code } = await this.#cluster.kubectl(['delete', ...what, '--ignore-not-found', '--timeout=60s']);
    if (code !== 0) throw new Error(`Flux can't be taken out of the cluster: ${stderr}`);
  }
}

/** Those of the controllers, out of the pinned Go modules. */
async function readCrds(): Promise<readonly Crd[]> {
  const remedy = 'Is the Go module proxy reachable (GOPROXY)?';
  const crds: Crd[] = [];
  for (const controller of CONTROLLERS) {
    const args = ['mod', 'download', '-json', `github.com/fluxcd/${controller}`];
    const answer = await go(moduleFolder('flux'), args, { kind: 'DownloadFailed', remedy });
    const folder = join((JSON.parse(answer) as { readonly Dir: string }).Dir, 'config', 'crd', 'bases');
    for (const file of await readdir(folder)) {
      const documents = parseAllDocuments(await readFile(join(folder, file), 'utf8'));
      crds.push(...documents.map((document) => document.toJS() as Crd));
    }
  }
  return crds;
}

async function startControllers(
  programs: Readonly<Record<Controller, string>>,
  kubeconfig: string,
): Promise<ReadonlyMap<Controller, Daemon>> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-flux-'));
  const daemons = new Daemons(folder);
  const ports = await freePorts(CONTROLLERS.length + 1);
  const storage = `127.0.0.1:${ports.at(-1)}`;
  const more: Readonly<Record<Controller, readonly string[]>> = {
    'source-controller': [`--storage-path=${folder}`, `--storage-addr=${storage}`, `--storage-adv-addr=${storage}`],
    'kustomize-controller': ['--requeue-dependency=1s'],
    'helm-controller': [],
  };
  const started = CONTROLLERS.map(async (name, index) => {
    const health = `127.0.0.1:${ports[index]}`;
    const daemon = daemons.start({
      name,
      program: programs[name],
      logPath: join(folder, `${name}.log`),
      env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: FLUX_NAMESPACE },
      args: [
        '--watch-all-namespaces=true',
        '--enable-leader-election=false',
        '--metrics-addr=0',
        `--health-addr=${health}`,
        ...more[name],
      ],
    });
    await eventually(
      async () => {
        daemon.check();
        const { ok } = await fetch(`http://${health}/readyz`);
        if (!ok) throw new Error(`${name} is not ready`);
      },
      { timeoutMs: 30_000 },
    );
    return [name, daemon] as const;
  });
  return new Map(await Promise.all(started));
}
