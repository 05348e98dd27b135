import { expect } from 'chai';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { clusterIdOf } from '../../../src/kubernetes/cluster-id.js';
import { readOrCreateHmacKey } from '../../../src/credentials/hmac-key.js';
import { StubApiServer } from '../kubernetes/stub-api-server.js';

const SECRETS = '/api/v1/namespaces/system/secrets';

describe('what the operator keeps in the cluster', () => {
  let server: StubApiServer;
  let api: KubernetesApi;

  const read = (): Promise<Buffer> => readOrCreateHmacKey(api, 'system', 'keys');

  beforeEach(async () => {
    server = await new StubApiServer().start();
    api = new KubernetesApi(server.kubeConfig());
  });

  afterEach(async () => {
    await server.stop();
  });

  it('is a key of 32 bytes that is made once', async () => {
    const made = await read();
    expect(made).to.have.length(32);
    expect((await read()).equals(made)).to.be.true;
    expect(server.requestsOf('POST')).to.have.length(1);
  });

  it('is the other’s key where two make one at the same time', async () => {
    const [first, second] = await Promise.all([read(), read()]);
    expect(first.equals(second)).to.be.true;
    expect(server.objects.list(SECRETS)).to.have.length(1);
  });

  for (const data of [{}, { 'hmac-key': '' }]) {
    it(`is no key in a Secret with ${JSON.stringify(data)}: what to do is said`, async () => {
      server.objects.create(SECRETS, { metadata: { name: 'keys' }, ...{ data } });
      const error: unknown = await read().catch((reason: unknown) => reason);
      expect(error).to.have.property('message', 'Secret system/keys has no hmac-key: delete it');
    });
  }

  it('names the cluster by the uid of kube-system', async () => {
    const { metadata } = server.objects.create('/api/v1/namespaces', { metadata: { name: 'kube-system' } });
    expect(await clusterIdOf(api)).to.equal(metadata.uid);
  });

  it('says what to do where that has none', async () => {
    const error: unknown = await clusterIdOf(api).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.includes('--cluster-id');
  });
});
