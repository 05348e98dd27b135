import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { runCli } from './run-cli.js';

const HUB = `${PULL_HOST}/dockerhub`;

describe('registry-mirror explain pod', function () {
  this.timeout(90_000);
  const world = useWorld();
  let namespace: string;
  let folder: string;

  const createPod = async (name: string, spec: object, metadata: object = {}): Promise<void> => {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await world().cluster.api.json('POST', path, { metadata: { name, ...metadata }, spec });
  };
  const explain = async (...args: readonly string[]): Promise<readonly string[]> => {
    const flags = ['--kubeconfig', world().cluster.kubeconfigPath, '-n', namespace];
    const { code, out, warnings } = await runCli(['explain', 'pod', ...flags, ...args]);
    expect(warnings).to.equal('');
    expect(code).to.equal(0);
    return out.split('\n');
  };
  const one = (image: string): object => ({ containers: [{ name: 'c', image }] });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-explain-'));
    namespace = await world().cluster.createNamespace();
    await createPod('early', one('nginx'));
    const upstream = { type: 'docker-hub' };
    await world().apply('dockerhub', { upstream, rewrite: { repositories: { exclude: ['library/ubuntu'] } } });
    await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'None' } });
    await world().untilReady('dockerhub');
    await world().untilReady('quay');
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('tells of each image what became of it, in all four places', async () => {
    await createPod('mixed', {
      initContainers: [{ name: 'setup', image: 'busybox:1' }],
      containers: [
        { name: 'web', image: 'nginx' },
        { name: 'base', image: 'ubuntu' },
        { name: 'tool', image: 'ghcr.io/x/y' },
        { name: 'red', image: 'quay.io/a/b' },
      ],
      volumes: [{ name: 'data', image: { reference: 'bitnami/redis' } }],
    });
    expect(await explain('mixed')).to.deep.equal([
      `initContainer setup: busybox:1 -> ${HUB}/library/busybox:1 (mirror dockerhub)`,
      `container web: nginx -> ${HUB}/library/nginx (mirror dockerhub)`,
      'container base: ubuntu stays as it is: rewrite.repositories of dockerhub leaves out library/ubuntu',
      'container tool: ghcr.io/x/y stays as it is: no mirror serves ghcr.io',
      'container red: quay.io/a/b stays as it is (mirror quay): rewrite.engine of mirror quay is None',
      `volume data: bitnami/redis -> ${HUB}/bitnami/redis (mirror dockerhub)`,
    ]);
  });

  it('tells when the Pod is older than the policy', async () => {
    const [line] = await explain('early');
    expect(line).to.match(
      /nginx stays as it is \(mirror dockerhub\): the Pod was created at .*, before the policy was in force/,
    );
  });

  it('tells whether a pull secret is the Pod’s own or its ServiceAccount’s', async () => {
    await createPod('own', { ...one('nginx'), imagePullSecrets: [{ name: 'mine' }] });
    expect((await explain('own'))[0]).to.include('the pull secret mine of its own');
    await world().cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'builder', namespace },
        imagePullSecrets: [{ name: 'team' }],
      },
    ]);
    await createPod('inherited', { ...one('nginx'), serviceAccountName: 'builder' });
    expect((await explain('inherited'))[0]).to.include('the pull secret team from its ServiceAccount builder');
  });

  it('tells of an opt-out by label', async () => {
    await createPod('opted-out', one('nginx'), { labels: { 'registrymirror.io/rewrite': 'disabled' } });
    expect((await explain('opted-out'))[0]).to.include('the Pod is labelled registrymirror.io/rewrite=disabled');
  });

  it('tells that an ephemeral container pulls through a mirror', async () => {
    await createPod('debugged', one('nginx'));
    const path = `/api/v1/namespaces/${namespace}/pods/debugged/ephemeralcontainers`;
    const patch = { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] } };
    await world().cluster.api.json('PATCH', path, patch, 'application/strategic-merge-patch+json');
    expect((await explain('debugged'))[1]).to.include(`${HUB}/library/busybox pulls through mirror dockerhub`);
  });

  it('tells what a Pod in a file would become, where it would run', async () => {
    const file = join(folder, 'pod.yaml');
    writeFileSync(file, JSON.stringify({ kind: 'Pod', metadata: { name: 'x' }, spec: one('nginx:1') }));
    expect(await explain('-f', file)).to.deep.equal([
      `container c: nginx:1 would become ${HUB}/library/nginx:1 (mirror dockerhub)`,
    ]);
    const flags = ['--kubeconfig', world().cluster.kubeconfigPath, '-n', 'kube-system', '-o', 'json'];
    const { out } = await runCli(['explain', 'pod', ...flags, '-f', file]);
    const { images } = JSON.parse(out) as { images: { reason: { code: string } }[] };
    expect(images[0]?.reason.code).to.equal('NamespaceExcluded');
  });

  it('needs no more than to read mirrors and Pods, and says what it can’t tell', async () => {
    await world().cluster.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader', namespace } },
      role('reader-mirrors', 'registry-mirror-viewer', namespace),
      role('reader-view', 'view', namespace),
    ]);
    const kubeconfig = await world().cluster.serviceAccountKubeconfig(namespace, 'reader');
    await createPod('seen', one('nginx'));
    const { code, out, warnings } = await runCli([
      'explain',
      'pod',
      'seen',
      '-n',
      namespace,
      '--kubeconfig',
      kubeconfig,
    ]);
    expect(out).to.equal(`container c: nginx -> ${HUB}/library/nginx (mirror dockerhub)`);
    expect(warnings).to.include("You may not read policies: what is in force is taken from the mirrors' status.");
    expect(code).to.equal(0);
    await world().cluster.kubectl(['delete', 'clusterrolebinding', 'reader-mirrors', 'reader-view']);
  });

  it('ends with 2 for a Pod that is not there', async () => {
    const flags = ['--kubeconfig', world().cluster.kubeconfigPath, '-n', namespace];
    const { code, warnings } = await runCli(['explain', 'pod', 'nobody', ...flags]);
    expect(warnings).to.equal(`There is no Pod nobody in the namespace ${namespace}.`);
    expect(code).to.equal(2);
  });
});

function role(name: string, clusterRole: string, namespace: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
    subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }],
  };
}
