import { expect } from 'chai';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { harborName, NOTED_MS } from './harbor-under-test.js';
import { useStage } from './stage.js';

const PART = 'asking';
const READER = { username: 'reader', password: 'First-password-1' };

describe(`An upstream that asks for a login, behind ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage();

  const secret = async (password: string): Promise<void> => {
    const labels = { 'registrymirror.io/credentials': 'upstream' };
    const annotations = { 'registrymirror.io/allowed-hosts': new URL(stage().upstream.url).origin };
    const metadata = { name: stage().name(PART), namespace: NAMESPACE, labels, annotations };
    const stringData = { username: READER.username, password };
    await stage().cluster.apply([
      { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/basic-auth', metadata, stringData },
    ]);
  };
  const spec = (): Record<string, unknown> => ({
    upstream: {
      type: 'docker-registry',
      url: stage().upstream.url,
      hosts: [stage().host(PART)],
      credentialsSecretRef: { name: stage().name(PART) },
    },
    project: { public: true },
  });

  before(() => {
    stage().upstream.requireLogin(READER);
  });

  it('is not served with a wrong password: the mirror waits and names the credentials', async () => {
    await secret('Not-the-password-1');
    await stage().mirrors.apply(stage().name(PART), stage().spec(PART, spec()));
    const { message } = await stage().mirrors.until(stage().name(PART), 'Ready', 'False', 'UpstreamUnhealthy');
    expect(message).to.include('credentials');
    expect(await stage().harbor.client.findProject(stage().name(PART))).to.equal(undefined);
  });

  it('is pulled from once the Secret is right', async () => {
    await secret(READER.password);
    await stage().mirrors.untilReady(stage().name(PART));
    await stage().untilRewritten(PART);
    expect((await stage().pullAsPod(PART)).blobs).to.equal(2);
    expect((await stage().harbor.client.findEndpoint(stage().name(PART)))?.accessKey).to.equal(READER.username);
  });

  it('gets a changed password in one write, and pulls go on', async () => {
    const changed = { ...READER, password: 'Second-password-2' };
    stage().upstream.requireLogin(changed);
    stage().upstream.addImage('team/other', '1', 'not cached yet');
    stage().gate.forget();
    await secret(changed.password);
    await eventually(() => {
      expect(stage().gate.writes.map((write) => write.replace(/\d+$/, 'ID'))).to.deep.equal([
        'PUT /api/v2.0/registries/ID',
      ]);
    });
    await eventually(async () => {
      expect((await stage().pullAsPod(PART, 'team/other:1')).blobs).to.equal(2);
    });
  });

  it('keeps the mirror in force when the upstream refuses the login, and says so', async () => {
    stage().upstream.requireLogin({ ...READER, password: 'Third-password-3' });
    await secret('Still-not-the-password-1');
    const { mirrors } = stage();
    const { message } = await mirrors.until(stage().name(PART), 'UpstreamReachable', 'False', 'UpstreamUnhealthy');
    expect(message).to.include('credentials');
    expect((await mirrors.condition(stage().name(PART), 'Ready'))?.status).to.equal('True');
    await secret('Third-password-3');
    await mirrors.until(stage().name(PART), 'UpstreamReachable', 'True');
    stage().upstream.addImage('team/third', '1', 'not cached yet either');
    const { blobs } = await eventually(() => stage().pullAsPod(PART, 'team/third:1'), { timeoutMs: NOTED_MS });
    expect(blobs).to.equal(2);
  });
});
