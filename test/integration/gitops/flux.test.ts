import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { Flux, FLUX_NAMESPACE } from '../../cluster/flux.js';
import { CHART, RELEASE } from '../../support/chart.js';
import { runPods } from '../../support/kubelet.js';
import { NAMESPACE, uninstallOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { images } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { useWorld } from '../use-world.js';
import { GitRepository } from './git-repository.js';
import type { Files } from './git-repository.js';

const KUSTOMIZATIONS = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${FLUX_NAMESPACE}/kustomizations`;
const HELM_RELEASE = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${NAMESPACE}/helmreleases/${RELEASE}`;
const OPERATOR = 'registry-mirror-operator';
const MIRRORS = 'registry-mirrors';
const APPS = 'apps';
const SAMPLES = 'config/samples/flux';
const RELEASE_FILE = `${SAMPLES}/operator/helm-release.yaml`;

interface Reconciled {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
    readonly lastAppliedRevision?: string;
    readonly lastHandledReconcileAt?: string;
    readonly history?: readonly { readonly version: number; readonly status: string }[];
  };
}

describe('the operator, its mirrors and Pods in a Git repository that Flux applies', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });
  let flux: Flux;
  let git: GitRepository;
  let namespace: string;
  let files: Files;

  const get = async (path: string): Promise<Reconciled> => world().cluster.api.json<Reconciled>('GET', path);
  const ready = async (path: string): Promise<string> => {
    const condition = (await get(path)).status?.conditions?.find(({ type }) => type === 'Ready');
    return `${condition?.status ?? 'none'}: ${condition?.message ?? ''}`;
  };
  const kustomization = (name: string): string => `${KUSTOMIZATIONS}/${name}`;
  const untilSays = async (path: string, what: RegExp): Promise<void> => {
    await eventually(
      async () => {
        expect(await ready(path)).to.match(what);
      },
      { timeoutMs: 60_000 },
    );
  };
  const untilApplied = async (name: string, revision: string): Promise<void> => {
    await eventually(
      async () => {
        const { status } = await get(kustomization(name));
        expect(status?.lastAppliedRevision, await ready(kustomization(name))).to.equal(revision);
        expect(await ready(kustomization(name))).to.match(/^True/);
      },
      { timeoutMs: 60_000 },
    );
  };
  const pod = async (): Promise<Pod & { readonly metadata: { readonly resourceVersion: string } }> =>
    world().cluster.api.json('GET', `/api/v1/namespaces/${namespace}/pods/bare`);
  const deleteKustomization = async (name: string): Promise<void> => {
    const where = ['-n', FLUX_NAMESPACE, '--timeout=60s'];
    const { code, stderr } = await world().cluster.kubectl(['delete', 'kustomization', name, ...where]);
    expect(code, stderr).to.equal(0);
  };

  before(async function () {
    this.timeout(30 * 60_000);
    const { cluster } = world();
    // Here it is Flux that installs it.
    await uninstallOperator(cluster);
    flux = await Flux.start(cluster);
    namespace = await cluster.createNamespace();
    git = await GitRepository.create(cluster, 'flux-system');
    const bare = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bare', namespace },
      spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
    };
    files = {
      [RELEASE_FILE]: (await readFile(RELEASE_FILE, 'utf8')).replace(/https:\/\/git\.example\S+/, git.url),
      'charts/registry-mirror-operator': { copyOf: CHART },
      'mirrors/docker-hub.yaml': await readFile('config/samples/docker-hub.yaml', 'utf8'),
      'apps/pod.yaml': JSON.stringify(bare),
    };
  });
  after(async () => {
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await git.remove();
    await flux.stop();
  });

  /** The two Kustomizations of the sample, and one of Pods that comes after them. */
  const kustomizations = async (): Promise<string> => {
    const apps = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: APPS, namespace: FLUX_NAMESPACE },
      spec: {
        interval: '10m',
        prune: true,
        path: './apps',
        sourceRef: { kind: 'GitRepository', name: 'flux-system' },
        dependsOn: [{ name: MIRRORS }],
      },
    };
    return `${await readFile(`${SAMPLES}/kustomizations.yaml`, 'utf8')}---\n${stringify(apps)}`;
  };

  it('are fetched, and wait for each other: Pods for mirrors, mirrors for the operator, the operator for its Pods', async () => {
    await git.commit(files);
    await world().cluster.apply(await kustomizations());
    await untilSays(kustomization(OPERATOR), /^Unknown: Reconciliation in progress/);
    await untilSays(kustomization(MIRRORS), /^False: dependency 'flux-system\/registry-mirror-operator' is not ready/);
    await untilSays(kustomization(APPS), /^False: dependency 'flux-system\/registry-mirrors' is not ready/);
    await untilSays(HELM_RELEASE, /^Unknown: Running 'install' action/);
  });

  it('are Ready once the chart’s Deployment is, and its operator has the mirrors Ready', async () => {
    await eventually(async () => {
      await world().cluster.api.json('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${RELEASE}`);
    });
    await world().startOperator();
    await eventually(
      async () => {
        await runPods(world().cluster, NAMESPACE);
        expect(await ready(HELM_RELEASE)).to.match(/^True: Helm install succeeded/);
      },
      { timeoutMs: 60_000 },
    );
    const revision = await git.commit({ ...files, 'README.md': 'What is in this cluster.' });
    for (const name of [OPERATOR, MIRRORS, APPS]) await untilApplied(name, revision);
    expect((await world().condition('dockerhub', 'Ready'))?.status).to.equal('True');
    expect(await ready(kustomization(MIRRORS))).to.equal(`True: Applied revision: ${revision}`);
    expect(images(await pod())).to.deep.equal(['harbor.cache.test/dockerhub/library/nginx:1']);
  });

  it('show no drift when they are reconciled again', async () => {
    const before = { pod: await pod(), mirror: await world().get('dockerhub') };
    const logged = (await flux.log('kustomize-controller')).length;
    const at = new Date().toISOString();
    const all = [kustomization(OPERATOR), kustomization(MIRRORS), kustomization(APPS), HELM_RELEASE];
    for (const path of all) {
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': at } } };
      await world().cluster.api.json('PATCH', path, patch, 'application/merge-patch+json');
    }
    for (const path of all) {
      await eventually(async () => {
        expect((await get(path)).status?.lastHandledReconcileAt).to.equal(at);
        expect(await ready(path)).to.match(/^True/);
      });
    }
    expect(await pod()).to.deep.equal(before.pod);
    expect((await world().get('dockerhub')).metadata).to.deep.equal(before.mirror.metadata);
    expect((await get(HELM_RELEASE)).status?.history?.map(({ version }) => version)).to.deep.equal([1]);
    const again = (await flux.log('kustomize-controller')).slice(logged);
    expect(again)
      .to.include('RegistryMirror/dockerhub":"unchanged"')
      .and.to.include(`Pod/${namespace}/bare":"unchanged"`);
    expect(again).to.not.include('"configured"');
  });

  it('go when they are no longer in Git: the mirror with its entry in the policy', async () => {
    const { 'mirrors/docker-hub.yaml': hub, ...rest } = files;
    const quay = (typeof hub === 'string' ? hub : '').replaceAll('docker-hub', 'quay').replaceAll('dockerhub', 'quay');
    files = { ...rest, 'mirrors/quay.yaml': quay };
    await untilApplied(MIRRORS, await git.commit(files));
    await eventually(async () => {
      expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal(
        'registrymirror.registrymirror.io/quay\n',
      );
    });
    expect(await world().imageOfNewPod('nginx')).to.equal('nginx');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('harbor.cache.test/quay/a/b');
  });

  it('hold the Kustomization that is deleted until they are gone', async () => {
    await deleteKustomization(MIRRORS);
    expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal('');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('quay.io/a/b');
  });

  it('leave nothing but the CustomResourceDefinition when the operator’s is deleted, too', async () => {
    await deleteKustomization(OPERATOR);
    await eventually(
      async () => {
        const left = await world().cluster.kubectl(['get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name']);
        expect(left.stdout).to.equal('');
      },
      { timeoutMs: 60_000 },
    );
    const kinds = 'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings';
    const { stdout } = await world().cluster.kubectl(['get', `${kinds},crds`, '-o', 'name']);
    expect(stdout.split('\n').filter((name) => /registry-?mirror/.test(name))).to.deep.equal([
      'customresourcedefinition.apiextensions.k8s.io/registrymirrors.registrymirror.io',
    ]);
  });
});
