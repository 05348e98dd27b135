import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { clusterIdOf, clusterIdOnceAnswered } from '../../../src/kubernetes/cluster-id.js';
import { HmacKey, readOrCreateHmacKey } from '../../../src/credentials/hmac-key.js';
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
    it(`is a new key where somebody left ${JSON.stringify(data)} in its Secret`, async () => {
      server.objects.create(SECRETS, { metadata: { name: 'keys' }, ...{ data } });
      const made = await read();
      expect(made).to.have.length(32);
      expect((await read()).equals(made)).to.be.true;
    });
  }

  describe('is, while the operator runs,', () => {
    let now: number;
    let key: HmacKey;

    beforeEach(() => {
      now = 0;
      key = new HmacKey(read, () => now);
    });

    it('the same key without a question to the API server at each look', async () => {
      const made = await key.get();
      now = 599_999;
      expect(await key.get()).to.equal(made);
      expect(server.requestsOf('GET')).to.have.length(1);
    });

    it('another key within 10 minutes of when somebody deleted its Secret', async () => {
      const made = await key.get();
      server.objects.remove(SECRETS, 'keys');
      now = 600_000;
      const other = await key.get();
      expect(other.equals(made)).to.be.false;
      expect((await read()).equals(other)).to.be.true;
    });

    it('the key that was known while the API server is away, and no key before any was read', async () => {
      const made = await key.get();
      now = 600_000;
      server.fault = () => ({ kind: 'Reset' });
      expect(await key.get()).to.equal(made);
      const unread = await new HmacKey(read, () => now).get().catch((error: unknown) => error);
      expect(unread).to.be.instanceOf(KubernetesError);
    });
  });

  it('names the cluster by the uid of kube-system', async () => {
    const { metadata } = server.objects.create('/api/v1/namespaces', { metadata: { name: 'kube-system' } });
    expect(await clusterIdOf(api)).to.equal(metadata.uid);
  });

  it('asks for it again while the API server is away, and not where it may not be read', async () => {
    const { metadata } = server.objects.create('/api/v1/namespaces', { metadata: { name: 'kube-system' } });
    const { signal } = new AbortController();
    const failed: string[] = [];
    const onError = ({ kind }: KubernetesError): void => {
      failed.push(kind);
      server.fault = () => undefined;
    };
    server.fault = () => ({ kind: 'Reset' });
    expect(await clusterIdOnceAnswered(api, { signal, onError })).to.equal(metadata.uid);
    expect(failed).to.deep.equal(['unavailable']);
    server.fault = () => ({ kind: 'Answer', status: 403 });
    const error: unknown = await clusterIdOnceAnswered(api, { signal, onError }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(KubernetesError).with.property('kind', 'forbidden');
    expect(await clusterIdOnceAnswered(api, { signal: AbortSignal.abort(), onError })).to.equal(undefined);
  });

  it('says what to do where that has none', async () => {
    const error: unknown = await clusterIdOf(api).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.includes('--cluster-id');
  });
});
