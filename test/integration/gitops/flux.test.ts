import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { Flux, FLUX_NAMESPACE } from '../../cluster/flux.js';
import { eventually } from '../../support/wait.js';
import { images } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { useWorld } from '../use-world.js';
import { GitRepository } from './git-repository.js';

const KUSTOMIZATIONS = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${FLUX_NAMESPACE}/kustomizations`;
const MIRRORS = 'registry-mirrors';
const APPS = 'apps';

interface Kustomization {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
    readonly lastAppliedRevision?: string;
    readonly lastHandledReconcileAt?: string;
  };
}

describe('mirrors and Pods in a Git repository that Flux applies', function () {
  this.timeout(90_000);
  const world = useWorld({ operator: false });
  let flux: Flux;
  let git: GitRepository;
  let namespace: string;
  let files: Readonly<Record<string, string>>;

  const get = async (name: string): Promise<Kustomization> =>
    world().cluster.api.json<Kustomization>('GET', `${KUSTOMIZATIONS}/${name}`);
  const ready = async (name: string): Promise<string> => {
    const condition = (await get(name)).status?.conditions?.find(({ type }) => type === 'Ready');
    return `${condition?.status ?? 'none'}: ${condition?.message ?? ''}`;
  };
  const untilApplied = async (name: string, revision: string): Promise<void> => {
    await eventually(
      async () => {
        const { status } = await get(name);
        expect(status?.lastAppliedRevision, await ready(name)).to.equal(revision);
        expect(await ready(name)).to.match(/^True/);
      },
      { timeoutMs: 60_000 },
    );
  };
  const pod = async (): Promise<Pod & { readonly metadata: { readonly resourceVersion: string } }> =>
    world().cluster.api.json('GET', `/api/v1/namespaces/${namespace}/pods/bare`);

  before(async function () {
    this.timeout(20 * 60_000);
    const { cluster } = world();
    flux = await Flux.start(cluster);
    namespace = await cluster.createNamespace();
    git = await GitRepository.create(cluster, 'flux-system');
    files = {
      'mirrors/docker-hub.yaml': await readFile('config/samples/docker-hub.yaml', 'utf8'),
      'apps/pod.yaml': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bare', namespace },
        spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
      }),
    };
  });
  after(async () => {
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await git.remove();
    await flux.stop();
  });

  /** The Kustomization of the mirrors as the samples have it, and one of Pods that comes after it. */
  const kustomizations = async (): Promise<readonly object[]> => {
    const documents = parseAllDocuments(await readFile('config/samples/flux/kustomizations.yaml', 'utf8'));
    const samples = documents.map((document) => document.toJS() as Kustomization);
    const mirrors = samples.find(({ metadata }) => metadata.name === MIRRORS);
    if (mirrors === undefined) throw new Error('The sample has no Kustomization of mirrors.');
    // The operator is installed by the chart here, without Flux's helm-controller.
    const { dependsOn, ...spec } = mirrors.spec;
    expect(dependsOn).to.deep.equal([{ name: 'registry-mirror-operator' }]);
    const apps = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: APPS, namespace: FLUX_NAMESPACE },
      spec: { interval: '10m', prune: true, path: './apps', sourceRef: spec.sourceRef, dependsOn: [{ name: MIRRORS }] },
    };
    return [{ ...mirrors, spec }, apps];
  };

  it('are Ready only when the mirrors are, and Pods that depend on them come after', async () => {
    const revision = await git.commit(files);
    await world().cluster.apply(await kustomizations());
    await eventually(async () => {
      expect(await ready(MIRRORS)).to.match(/^Unknown: Reconciliation in progress/);
    });
    await eventually(async () => {
      expect(await ready(APPS)).to.match(/^False: dependency 'flux-system\/registry-mirrors' is not ready/);
    });

    await world().startOperator();
    await untilApplied(APPS, revision);
    expect((await world().condition('dockerhub', 'Ready'))?.status).to.equal('True');
    expect(await ready(MIRRORS)).to.equal(`True: Applied revision: ${revision}`);
    expect(images(await pod())).to.deep.equal(['harbor.cache.test/dockerhub/library/nginx:1']);
  });

  it('show no drift when they are reconciled again', async () => {
    const before = { pod: await pod(), mirror: await world().get('dockerhub') };
    const logged = (await flux.log()).length;
    const at = new Date().toISOString();
    for (const name of [MIRRORS, APPS]) {
      const annotations = { 'reconcile.fluxcd.io/requestedAt': at };
      await world().cluster.api.json(
        'PATCH',
        `${KUSTOMIZATIONS}/${name}`,
        { metadata: { annotations } },
        'application/merge-patch+json',
      );
    }
    for (const name of [MIRRORS, APPS]) {
      await eventually(async () => {
        expect((await get(name)).status?.lastHandledReconcileAt).to.equal(at);
        expect(await ready(name)).to.match(/^True/);
      });
    }
    expect(await pod()).to.deep.equal(before.pod);
    expect((await world().get('dockerhub')).metadata).to.deep.equal(before.mirror.metadata);
    const again = (await flux.log()).slice(logged);
    expect(again)
      .to.include('RegistryMirror/dockerhub":"unchanged"')
      .and.to.include(`Pod/${namespace}/bare":"unchanged"`);
    expect(again).to.not.include('"configured"');
  });

  it('go when they are no longer in Git: the mirror with its entry in the policy', async () => {
    const { 'mirrors/docker-hub.yaml': hub, ...rest } = files;
    const quay = (hub ?? '').replaceAll('docker-hub', 'quay').replaceAll('dockerhub', 'quay');
    await untilApplied(MIRRORS, await git.commit({ ...rest, 'mirrors/quay.yaml': quay }));
    await eventually(async () => {
      expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal(
        'registrymirror.registrymirror.io/quay\n',
      );
    });
    expect(await world().imageOfNewPod('nginx')).to.equal('nginx');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('harbor.cache.test/quay/a/b');
  });

  it('hold the Kustomization that is deleted until they are gone', async () => {
    const { code, stderr } = await world().cluster.kubectl([
      'delete',
      'kustomization',
      MIRRORS,
      '-n',
      FLUX_NAMESPACE,
      '--timeout=40s',
    ]);
    expect(code, stderr).to.equal(0);
    expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal('');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('quay.io/a/b');
  });
});
