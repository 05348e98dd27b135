import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { CoreV1Api } from '@kubernetes/client-node';
import { expect } from 'chai';
import { startApiProxy } from '../cluster/api-proxy.js';
import type { ApiProxy } from '../cluster/api-proxy.js';
import { Api } from '../cluster/api.js';
import { pushImage, startRegistry } from '../cluster/registry.js';
import { eventually } from '../support/wait.js';
import { useCluster } from './shared-cluster.js';

interface Pod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly imagePullSecrets?: readonly { readonly name: string }[] };
}

const pod = { metadata: { name: 'pod' }, spec: { containers: [{ name: 'main', image: 'nginx' }] } };

const labelPolicy = {
  apiVersion: 'kyverno.io/v1',
  kind: 'ClusterPolicy',
  metadata: { name: 'cluster-test', annotations: { 'pod-policies.kyverno.io/autogen-controllers': 'none' } },
  spec: {
    rules: [
      {
        name: 'label',
        match: { any: [{ resources: { kinds: ['Pod'] } }] },
        mutate: { patchStrategicMerge: { metadata: { labels: { seen: 'by-kyverno' } } } },
      },
    ],
  },
};

describe('the local cluster', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let namespace: string;

  const dryRunPod = async (): Promise<Pod> =>
    cluster().api.json<Pod>('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);

  before(async () => {
    namespace = await cluster().createNamespace();
  });

  after(async () => {
    await cluster().api.send('DELETE', `/api/v1/namespaces/${namespace}`);
  });

  it('reports the version that its go.mod pins, to kubectl as well', async () => {
    const { stdout, code } = await cluster().kubectl(['version', '-o', 'json']);
    expect(code).to.equal(0);
    const { serverVersion } = JSON.parse(stdout) as { serverVersion: Record<string, string> };
    expect(serverVersion).to.include({ gitVersion: 'v1.36.3', major: '1', minor: '36' });
  });

  it('serves MutatingAdmissionPolicy in its stable version', async () => {
    const { resources } = await cluster().api.json<{ resources: { name: string }[] }>(
      'GET',
      '/apis/admissionregistration.k8s.io/v1',
    );
    expect(resources.map(({ name }) => name)).to.include('mutatingadmissionpolicies');
  });

  it("gives a Pod its ServiceAccount's pull secrets, as any cluster does", async () => {
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await cluster().api.json(
      'PATCH',
      account,
      { imagePullSecrets: [{ name: 'inherited' }] },
      'application/merge-patch+json',
    );
    const { spec } = await eventually(async () => {
      const created = await dryRunPod();
      expect(created.spec.imagePullSecrets).to.be.an('array');
      return created;
    });
    expect(spec.imagePullSecrets).to.deep.equal([{ name: 'inherited' }]);
  });

  it('removes a namespace with all that is in it', async () => {
    const doomed = await cluster().createNamespace();
    await cluster().api.json('POST', `/api/v1/namespaces/${doomed}/pods`, pod);
    await cluster().api.json('DELETE', `/api/v1/namespaces/${doomed}`);
    await eventually(
      async () => {
        expect((await cluster().api.send('GET', `/api/v1/namespaces/${doomed}`)).status).to.equal(404);
      },
      { timeoutMs: 30_000 },
    );
  });

  it('lets a ServiceAccount do what its own roles allow and nothing else, and counts what it does', async () => {
    const user = `system:serviceaccount:${namespace}:default`;
    const kubeconfig = await cluster().serviceAccountKubeconfig(namespace, 'default');
    const mark = await cluster().audit.mark();
    const maps = ['create', 'configmap', 'mine', '-n', namespace];
    const refused = await cluster().kubectl(maps, { kubeconfig });
    expect(refused.stderr).to.include('forbidden');
    await cluster().kubectl([
      'create',
      'rolebinding',
      'edit',
      '--clusterrole=edit',
      `--serviceaccount=${namespace}:default`,
      '-n',
      namespace,
    ]);
    await eventually(async () => {
      const { code, stderr } = await cluster().kubectl(maps, { kubeconfig });
      expect(code, stderr).to.equal(0);
    });
    const writes = await cluster().audit.writes({ user, resource: 'configmaps' }, mark);
    expect(writes.map(({ status }) => status)).to.include.members([403, 201]);
    expect(writes.filter(({ status }) => status === 201)).to.have.length(1);
    expect(await cluster().audit.counts({ user, resource: 'configmaps' }, mark)).to.deep.equal({
      'create configmaps': writes.length,
    });
  });

  describe('Kyverno', () => {
    before(async () => {
      await cluster().apply([labelPolicy]);
    });

    after(async () => {
      await cluster().startKyverno();
      await cluster().kubectl(['delete', 'clusterpolicy', 'cluster-test']);
      // Its webhook goes a little later than the policy; the next spec wants none.
      await eventually(async () => {
        expect((await dryRunPod()).metadata.labels).to.equal(undefined);
      });
    });

    const inForce = async (): Promise<void> =>
      eventually(async () => {
        expect((await dryRunPod()).metadata.labels).to.deep.equal({ seen: 'by-kyverno' });
      });

    it('mutates a Pod', inForce);

    it('refuses Pods while it is stopped, and works on when it is back', async () => {
      await cluster().stopKyverno();
      const refused = await cluster().api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
      expect(refused.status).to.equal(500);
      expect(refused.body).to.include('failed calling webhook');
      await cluster().startKyverno();
      await inForce();
    });

    it('works on after the API server was restarted', async () => {
      await cluster().restartApiServer();
      await inForce();
    });
  });

  it('answers a watch from before a compaction with 410 Gone', async () => {
    const { metadata } = await cluster().api.json<{ metadata: { resourceVersion: string } }>(
      'GET',
      '/api/v1/namespaces',
    );
    const later = await cluster().createNamespace();
    await cluster().compact();
    const watch = `/api/v1/namespaces?watch=true&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
    const { body } = await cluster().api.send('GET', watch);
    await cluster().api.json('DELETE', `/api/v1/namespaces/${later}`);
    expect(body).to.include('"code":410').and.include('too old resource version');
  });

  describe('behind the fault proxy', () => {
    let proxy: ApiProxy;
    let api: Api;
    const maps = (): string => `/api/v1/namespaces/${namespace}/configmaps`;

    beforeEach(async () => {
      proxy = await startApiProxy(cluster());
      const kubeconfig = cluster().kubeConfig(await proxy.kubeconfigFor(cluster().kubeconfigPath));
      api = new Api({ server: proxy.server, ca: cluster().ca, token: kubeconfig.getCurrentUser()?.token ?? '' });
    });

    afterEach(async () => {
      api.close();
      await proxy.stop();
    });

    it('the usual client sees the cluster', async () => {
      const kubeconfig = cluster().kubeConfig(await proxy.kubeconfigFor(cluster().kubeconfigPath));
      const list = await kubeconfig.makeApiClient(CoreV1Api).listNamespace();
      expect(list.items.map(({ metadata }) => metadata?.name)).to.include(namespace);
    });

    it('a watch streams, until it is dropped', async () => {
      const outgoing = request(new URL(`${maps()}?watch=true`, proxy.server), {
        ca: cluster().ca,
        headers: { authorization: `Bearer ${cluster().kubeConfig().getCurrentUser()?.token ?? ''}` },
      });
      outgoing.end();
      const [watch] = (await once(outgoing, 'response')) as [IncomingMessage];
      const ended = once(watch, 'error');
      await api.json('POST', maps(), { metadata: { name: 'streamed' } });
      let seen = '';
      watch.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      await eventually(() => {
        expect(seen).to.include('"streamed"');
      });
      expect(proxy.dropWatches()).to.equal(1);
      await ended;
    });

    it('a chosen write is answered with a status instead of being carried out', async () => {
      proxy.onRequest(({ write }) =>
        write === 2 ? { kind: 'Answer', status: 503, headers: { 'retry-after': '1' } } : undefined,
      );
      await api.json('POST', maps(), { metadata: { name: 'first' } });
      expect((await api.send('POST', maps(), { metadata: { name: 'second' } })).status).to.equal(503);
      expect((await api.send('GET', `${maps()}/second`)).status).to.equal(404);
      expect(proxy.writes).to.equal(2);
    });

    it('a write is carried out though its answer is lost', async () => {
      const take = proxy.afterResponse((_, status) => (status === 201 ? 'Reset' : undefined));
      const error = await api.send('POST', maps(), { metadata: { name: 'unheard' } }).then(() => undefined, String);
      expect(error).to.include('socket hang up');
      take();
      expect((await api.send('GET', `${maps()}/unheard`)).status).to.equal(200);
    });

    it('a connection is reset before the request gets through', async () => {
      proxy.onRequest(() => ({ kind: 'Reset' }));
      const error = await api.send('POST', maps(), { metadata: { name: 'lost' } }).then(() => undefined, String);
      expect(error).to.include('socket hang up');
      expect((await cluster().api.send('GET', `${maps()}/lost`)).status).to.equal(404);
    });
  });
});

describe('the local registry', function () {
  this.timeout(30_000);

  it('serves the image that was pushed, also after it was down', async () => {
    const registry = await startRegistry();
    try {
      const { manifest, layers } = await pushImage(registry, 'team/app', '1.0', ['one\n', 'two\n']);
      await registry.down();
      expect(
        await fetch(`${registry.url}/v2/`).then(
          () => 'up',
          () => 'down',
        ),
      ).to.equal('down');
      await registry.up();
      const answer = await fetch(`${registry.url}/v2/team/app/manifests/1.0`, {
        headers: { accept: manifest.mediaType },
      });
      expect(answer.headers.get('docker-content-digest')).to.equal(manifest.digest);
      expect(Buffer.from(await answer.arrayBuffer()).equals(manifest.content)).to.equal(true);
      for (const { digest, content } of layers) {
        const blob = await fetch(`${registry.url}/v2/team/app/blobs/${digest}`);
        expect(Buffer.from(await blob.arrayBuffer()).equals(content)).to.equal(true);
      }
    } finally {
      await registry.stop();
    }
  });
});
