import { expect } from 'chai';
import { stringify } from 'yaml';
import { FLUX_NAMESPACE } from '../../cluster/flux.js';
import { RELEASE } from '../../support/chart.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { images } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { useWorld } from '../use-world.js';
import { HELM_RELEASE, kustomization, MIRRORS, OPERATOR, useFluxSample } from './flux-sample.js';
import type { Files } from './git-repository.js';

const APPS = 'apps';
/** What helm-controller logs where the cluster has something else than the release. */
const DRIFT = 'detected changes in cluster state';

describe('the operator, its mirrors and Pods in a Git repository that Flux applies', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });
  const sample = useFluxSample(world);
  let namespace: string;
  let files: Files;

  const pod = async (): Promise<Pod & { readonly metadata: { readonly resourceVersion: string } }> =>
    world().cluster.api.json('GET', `/api/v1/namespaces/${namespace}/pods/bare`);

  before(async () => {
    namespace = await world().cluster.createNamespace();
    const bare = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bare', namespace },
      spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
    };
    files = { ...sample().files, 'apps/pod.yaml': JSON.stringify(bare) };
  });
  after(async () => {
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
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
    return `${await sample().kustomizations()}---\n${stringify(apps)}`;
  };

  it('are fetched, and wait for each other: Pods for mirrors, mirrors for the operator, the operator for its Pods', async () => {
    await sample().git.commit(files);
    await world().cluster.apply(await kustomizations());
    for (const [path, what] of [
      [kustomization(OPERATOR), /^Unknown: Reconciliation in progress/],
      [kustomization(MIRRORS), /^False: dependency 'flux-system\/registry-mirror-operator' is not ready/],
      [kustomization(APPS), /^False: dependency 'flux-system\/registry-mirrors' is not ready/],
      [HELM_RELEASE, /^Unknown: Running 'install' action/],
    ] as const)
      await sample().untilSays(path, what);
  });

  it('are Ready once the chart’s Deployment is, and its operator has the mirrors Ready', async () => {
    await sample().runOperator();
    const revision = await sample().git.commit({ ...files, 'README.md': 'What is in this cluster.' });
    for (const name of [OPERATOR, MIRRORS, APPS]) await sample().untilApplied(name, revision);
    expect((await world().condition('dockerhub', 'Ready'))?.status).to.equal('True');
    expect(await sample().condition(kustomization(MIRRORS))).to.equal(`True: Applied revision: ${revision}`);
    expect(images(await pod())).to.deep.equal(['harbor.cache.test/dockerhub/library/nginx:1']);
  });

  it('show no drift when they are reconciled again', async () => {
    const before = { pod: await pod(), mirror: await world().get('dockerhub') };
    const logged = (await sample().flux.log('kustomize-controller')).length;
    await sample().reconcile(...[OPERATOR, MIRRORS, APPS].map(kustomization), HELM_RELEASE);
    expect(await pod()).to.deep.equal(before.pod);
    expect((await world().get('dockerhub')).metadata).to.deep.equal(before.mirror.metadata);
    const { status } = await sample().get(HELM_RELEASE);
    expect(status?.history?.map(({ version }) => version)).to.deep.equal([1]);
    await eventually(async () => {
      expect(await sample().condition(HELM_RELEASE, 'Drifted')).to.match(/^False: No drift detected/);
    });
    const again = (await sample().flux.log('kustomize-controller')).slice(logged);
    expect(again)
      .to.include('RegistryMirror/dockerhub":"unchanged"')
      .and.to.include(`Pod/${namespace}/bare":"unchanged"`);
    expect(again).to.not.include('"configured"');
    expect(await sample().flux.log('helm-controller')).to.not.include(DRIFT);
  });

  it('get back what somebody changed by hand in the release', async () => {
    const deployment = ['deployment', RELEASE, '-n', NAMESPACE];
    await world().cluster.kubectl(['scale', '--replicas=3', ...deployment]);
    await sample().reconcile(HELM_RELEASE);
    await eventually(async () => {
      const { stdout } = await world().cluster.kubectl(['get', ...deployment, '-o', 'jsonpath={.spec.replicas}']);
      expect(stdout).to.equal('2');
    });
    expect(await sample().flux.log('helm-controller')).to.include(DRIFT);
  });

  it('go when they are no longer in Git: the mirror with its entry in the policy', async () => {
    const { 'mirrors/docker-hub.yaml': hub, ...rest } = files;
    const quay = (typeof hub === 'string' ? hub : '').replaceAll('docker-hub', 'quay').replaceAll('dockerhub', 'quay');
    files = { ...rest, 'mirrors/quay.yaml': quay };
    await sample().untilApplied(MIRRORS, await sample().git.commit(files));
    await eventually(async () => {
      expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal(
        'registrymirror.registrymirror.io/quay\n',
      );
    });
    expect(await world().imageOfNewPod('nginx')).to.equal('nginx');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('harbor.cache.test/quay/a/b');
  });

  it('hold the Kustomization that is deleted until they are gone', async () => {
    await sample().delete(MIRRORS);
    expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal('');
    expect(await world().imageOfNewPod('quay.io/a/b')).to.equal('quay.io/a/b');
  });

  it('leave nothing but the CustomResourceDefinition when the operator’s is deleted, too', async () => {
    await sample().delete(OPERATOR);
    await sample().untilNamespaceIsGone();
    const kinds = 'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings';
    const { stdout } = await world().cluster.kubectl(['get', `${kinds},crds`, '-o', 'name']);
    expect(stdout.split('\n').filter((name) => /registry-?mirror/.test(name))).to.deep.equal([
      'customresourcedefinition.apiextensions.k8s.io/registrymirrors.registrymirror.io',
    ]);
  });
});
