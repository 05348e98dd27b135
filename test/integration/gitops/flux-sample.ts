import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Flux, FLUX_NAMESPACE } from '../../cluster/flux.js';
import { CHART, RELEASE } from '../../support/chart.js';
import { runPods } from '../../support/kubelet.js';
import { NAMESPACE, uninstallOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import type { World } from '../../support/world.js';
import { GitRepository } from './git-repository.js';
import type { Files } from './git-repository.js';

const KUSTOMIZATIONS = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${FLUX_NAMESPACE}/kustomizations`;
const SAMPLES = 'config/samples/flux';
const RELEASE_FILE = `${SAMPLES}/operator/helm-release.yaml`;

/** The sample's Kustomizations. */
export const OPERATOR = 'registry-mirror-operator';
export const MIRRORS = 'registry-mirrors';
export const HELM_RELEASE = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${NAMESPACE}/helmreleases/${RELEASE}`;

/** What is read of an object that one of Flux's controllers looks after. */
export interface Reconciled {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
    readonly lastAppliedRevision?: string;
    readonly lastHandledReconcileAt?: string;
    readonly history?: readonly { readonly version: number; readonly status: string }[];
  };
}

export const kustomization = (name: string): string => `${KUSTOMIZATIONS}/${name}`;

/** The sample for Flux in a Git repository, and Flux's own controllers, which apply it. */
export class FluxSample {
  readonly flux: Flux;
  readonly git: GitRepository;
  /** What is in Git at first: the operator's release and one mirror. */
  readonly files: Files;
  readonly #world: World;

  private constructor(world: World, flux: Flux, git: GitRepository, files: Files) {
    this.#world = world;
    this.flux = flux;
    this.git = git;
    this.files = files;
  }

  static async create(world: World): Promise<FluxSample> {
    // Here it is Flux that installs it.
    await uninstallOperator(world.cluster);
    const flux = await Flux.start(world.cluster);
    const git = await GitRepository.create(world.cluster, 'flux-system');
    const release = await readFile(RELEASE_FILE, 'utf8');
    return new FluxSample(world, flux, git, {
      [RELEASE_FILE]: release.replace(/https:\/\/git\.example\S+/, git.url),
      'charts/registry-mirror-operator': { copyOf: CHART },
      'mirrors/docker-hub.yaml': await readFile('config/samples/docker-hub.yaml', 'utf8'),
    });
  }

  /** The two Kustomizations of the sample, as YAML. */
  async kustomizations(): Promise<string> {
    return await readFile(`${SAMPLES}/kustomizations.yaml`, 'utf8');
  }

  async get(path: string): Promise<Reconciled> {
    return await this.#world.cluster.api.json<Reconciled>('GET', path);
  }

  /** `STATUS: MESSAGE` of a condition. */
  async condition(path: string, type = 'Ready'): Promise<string> {
    const condition = (await this.get(path)).status?.conditions?.find((each) => each.type === type);
    return `${condition?.status ?? 'none'}: ${condition?.message ?? ''}`;
  }

  async untilSays(path: string, what: RegExp): Promise<void> {
    await eventually(
      async () => {
        expect(await this.condition(path)).to.match(what);
      },
      { timeoutMs: 60_000 },
    );
  }

  async untilApplied(name: string, revision: string): Promise<void> {
    const path = kustomization(name);
    await eventually(
      async () => {
        expect((await this.get(path)).status?.lastAppliedRevision, await this.condition(path)).to.equal(revision);
        expect(await this.condition(path)).to.match(/^True/);
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Asks for a look now, as `flux reconcile` does, and waits until it was had. */
  async reconcile(...paths: readonly string[]): Promise<void> {
    const at = new Date().toISOString();
    const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': at } } };
    for (const path of paths) await this.#world.cluster.api.json('PATCH', path, patch, 'application/merge-patch+json');
    for (const path of paths) {
      await eventually(async () => {
        expect((await this.get(path)).status?.lastHandledReconcileAt).to.equal(at);
        expect(await this.condition(path)).to.match(/^True/);
      });
    }
  }

  /** Starts the operator with the ServiceAccount that the release has, and says of the release's Pods that they run. */
  async runOperator(): Promise<void> {
    const { cluster } = this.#world;
    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${RELEASE}`;
    await eventually(async () => cluster.api.json('GET', account), { timeoutMs: 60_000 });
    await this.#world.startOperator();
    await eventually(
      async () => {
        await runPods(cluster, NAMESPACE);
        expect(await this.condition(HELM_RELEASE)).to.match(/^True: Helm install succeeded/);
      },
      { timeoutMs: 60_000 },
    );
  }

  /** `kubectl delete kustomization` with these arguments. */
  async delete(...args: readonly string[]): Promise<void> {
    const where = ['-n', FLUX_NAMESPACE, '--timeout=60s'];
    const { code, stderr } = await this.#world.cluster.kubectl(['delete', 'kustomization', ...args, ...where]);
    expect(code, stderr).to.equal(0);
  }

  async untilNamespaceIsGone(): Promise<void> {
    const get = ['get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name'];
    await eventually(
      async () => {
        expect((await this.#world.cluster.kubectl(get)).stdout).to.equal('');
      },
      { timeoutMs: 60_000 },
    );
  }

  async stop(): Promise<void> {
    await this.git.remove();
    await this.flux.stop();
  }
}

/** Flux and the sample in Git for the `describe` that calls this. */
export function useFluxSample(world: () => World): () => FluxSample {
  let sample: FluxSample | undefined;
  before(async function () {
    this.timeout(30 * 60_000);
    sample = await FluxSample.create(world());
  });
  after(async function () {
    this.timeout(180_000);
    await sample?.stop();
  });
  return () => {
    if (sample === undefined) throw new Error('The sample is there inside tests and hooks only.');
    return sample;
  };
}
