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

interface Crd {
  readonly metadata: { readonly name: string };
}

/**
 * Flux's CRDs and its kustomize-controller, which applies, waits for and prunes what is in a Git repository. The controller is an administrator. What
 * source-controller would do, the tests do.
 */
export class Flux {
  readonly #cluster: Cluster;
  readonly #crds: readonly Crd[];
  readonly #controller: Daemon;

  private constructor(cluster: Cluster, crds: readonly Crd[], controller: Daemon) {
    this.#cluster = cluster;
    this.#crds = crds;
    this.#controller = controller;
  }

  /** Puts Flux into a cluster; its controller is built first if it is not there. */
  static async start(cluster: Cluster): Promise<Flux> {
    const binaries = await buildBinaries({ names: ['kustomize-controller'] });
    const crds = await readCrds();
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLUX_NAMESPACE } }]);
    const controller = await timed(
      progressToStderr,
      "installing Flux's CRDs and starting its kustomize-controller",
      async () => {
        for (const crd of crds) await cluster.api.json('POST', CRDS, crd);
        const { stderr, code } = await cluster.kubectl([
          'wait',
          '--for=condition=Established',
          ...crds.map((crd) => `crd/${crd.metadata.name}`),
        ]);
        if (code !== 0) throw new Error(`Flux's CRDs are not established: ${stderr}`);
        return startKustomizeController(binaries['kustomize-controller'], cluster.kubeconfigPath);
      },
    );
    return new Flux(cluster, crds, controller);
  }

  /** What the controller has logged. */
  async log(): Promise<string> {
    return readFile(this.#controller.logPath, 'utf8');
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
    for (const { metadata } of this.#crds) await this.#cluster.api.send('DELETE', `${CRDS}/${metadata.name}`);
    await this.#cluster.api.send('DELETE', `/api/v1/namespaces/${FLUX_NAMESPACE}`);
  }
}

/** Those of the controller and of its sources, out of the pinned Go modules. */
async function readCrds(): Promise<readonly Crd[]> {
  const remedy = 'Is the Go module proxy reachable (GOPROXY)?';
  const crds: Crd[] = [];
  for (const module of ['github.com/fluxcd/kustomize-controller', 'github.com/fluxcd/source-controller']) {
    const args = ['mod', 'download', '-json', module];
    const answer = await go(moduleFolder('flux'), args, { kind: 'DownloadFailed', remedy });
    const folder = join((JSON.parse(answer) as { readonly Dir: string }).Dir, 'config', 'crd', 'bases');
    for (const file of await readdir(folder)) {
      const documents = parseAllDocuments(await readFile(join(folder, file), 'utf8'));
      crds.push(...documents.map((document) => document.toJS() as Crd));
    }
  }
  return crds;
}

async function startKustomizeController(program: string, kubeconfig: string): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-flux-'));
  const [port = 0] = await freePorts(1);
  const controller = new Daemons(folder).start({
    name: 'kustomize-controller',
    program,
    logPath: join(folder, 'kustomize-controller.log'),
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: FLUX_NAMESPACE },
    args: [
      '--watch-all-namespaces=true',
      '--enable-leader-election=false',
      '--metrics-addr=0',
      `--health-addr=127.0.0.1:${port}`,
      '--requeue-dependency=1s',
    ],
  });
  await eventually(async () => {
    controller.check();
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`);
    if (!ok) throw new Error('kustomize-controller is not ready');
  });
  return controller;
}
