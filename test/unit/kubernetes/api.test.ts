import type { RequestOptions } from 'node:https';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { backoffMs } from '../../../src/kubernetes/backoff.js';
import type { KubernetesError, KubernetesErrorKind } from '../../../src/kubernetes/errors.js';
import { isKubernetesError, LeaseLostError } from '../../../src/kubernetes/errors.js';
import type { Resource } from '../../../src/kubernetes/objects.js';
import { resourcePath } from '../../../src/kubernetes/objects.js';
import { StubApiServer } from './stub-api-server.js';
import type { StubFault } from './stub-api-server.js';

const THINGS: Resource = { group: 'example.org', version: 'v1', plural: 'things' };
const PATH = resourcePath(THINGS);

async function failureOf(call: Promise<unknown>): Promise<KubernetesError> {
  const outcome = await call.then(
    () => 'no error',
    (error: unknown) => error,
  );
  if (!isKubernetesError(outcome)) throw new Error(`not a KubernetesError: ${inspect(outcome)}`);
  return outcome;
}

describe('calls to the API server', () => {
  let server: StubApiServer;
  let api: KubernetesApi;

  beforeEach(async () => {
    server = await new StubApiServer().start();
    api = new KubernetesApi(server.kubeConfig({ token: 'the-token' }));
  });

  afterEach(async () => {
    await server.stop();
  });

  it('use one connection for a hundred calls', async () => {
    for (let i = 0; i < 100; i += 1) await api.get(THINGS, 'none');
    expect(server.requests).to.have.lengthOf(100);
    expect(server.connections).to.equal(1);
  });

  it('send no write that may not be sent, and read on', async () => {
    const refusal = new LeaseLostError('The lease is lost.');
    const fenced = new KubernetesApi(server.kubeConfig(), {
      mayWrite: () => {
        throw refusal;
      },
    });
    const object = { metadata: { name: 'a' } };
    for (const write of [
      fenced.create(THINGS, object),
      fenced.replace(THINGS, 'a', object),
      fenced.patch(THINGS, 'a', 'merge', object),
      fenced.delete(THINGS, object),
    ])
      expect(await write.catch((error: unknown) => error)).to.equal(refusal);
    expect(await fenced.get(THINGS, 'a')).to.equal(undefined);
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['GET']);
  });

  it('carry the token that the kubeconfig has at that moment', async () => {
    let token = 'first';
    const kubeConfig = server.kubeConfig();
    kubeConfig.addAuthenticator({
      isAuthProvider: () => true,
      applyAuthentication: (_user, options: RequestOptions) => {
        options.headers = { Authorization: `Bearer ${token}` };
        return Promise.resolve();
      },
    });
    kubeConfig.users.splice(0, 1, { name: 'user', authProvider: { name: 'x' } });
    const rotating = new KubernetesApi(kubeConfig);
    await rotating.get(THINGS, 'none');
    token = 'second';
    await rotating.get(THINGS, 'none');
    expect(server.requests.map(({ authorization }) => authorization)).to.deep.equal(['Bearer first', 'Bearer second']);
    expect(server.connections).to.equal(1);
  });

  it('log in with user name and password where the kubeconfig has these', async () => {
    await new KubernetesApi(server.kubeConfig({ username: 'me', password: 'pass' })).get(THINGS, 'none');
    expect(server.requests[0]?.authorization).to.equal(`Basic ${Buffer.from('me:pass').toString('base64')}`);
  });

  it('say the kind of patch, and who applies', async () => {
    server.objects.create(PATH, { metadata: { name: 'a' } });
    await api.patch(THINGS, 'a', 'merge', { x: 1 });
    await api.patch(THINGS, 'a', 'json', [], { subresource: 'status' });
    await api.patch(THINGS, 'a', 'apply', {}, { fieldManager: 'me' });
    const seen = server.requests.map(({ path, contentType, query }) => [path, contentType, query.toString()]);
    expect(seen).to.deep.equal([
      [`${PATH}/a`, 'application/merge-patch+json', ''],
      [`${PATH}/a/status`, 'application/json-patch+json', ''],
      [`${PATH}/a`, 'application/apply-patch+yaml', 'fieldManager=me&force=true'],
    ]);
  });

  it('find nothing where there is nothing, and delete what is gone', async () => {
    expect(await api.get(THINGS, 'none')).to.equal(undefined);
    await api.delete(THINGS, { metadata: { name: 'none', uid: 'one' } });
  });

  it('delete the object that is meant, and not another one that has its name by now', async () => {
    const meant = server.objects.create(PATH, { metadata: { name: 'a' } });
    server.objects.remove(PATH, 'a');
    const another = server.objects.create(PATH, { metadata: { name: 'a' } });
    expect((await failureOf(api.delete(THINGS, meant))).kind).to.equal('conflict');
    expect(server.objects.get(PATH, 'a')).to.deep.equal(another);
    await api.delete(THINGS, another);
    expect(server.objects.list(PATH)).to.deep.equal([]);
  });

  it('do not take an object for gone where its kind is not served', async () => {
    server.fault = () => ({ kind: 'Answer', status: 404, body: '404 page not found' });
    expect((await failureOf(api.delete(THINGS, { metadata: { name: 'a' } }))).kind).to.equal('notFound');
    expect((await failureOf(api.get(THINGS, 'a'))).kind).to.equal('notFound');
  });

  const kinds: readonly (readonly [number, string | undefined, KubernetesErrorKind])[] = [
    [400, 'BadRequest', 'invalid'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'notFound'],
    [409, 'Conflict', 'conflict'],
    [409, 'AlreadyExists', 'alreadyExists'],
    [410, 'Expired', 'gone'],
    [422, 'Invalid', 'invalid'],
    [429, 'TooManyRequests', 'tooManyRequests'],
    [500, 'InternalError', 'unavailable'],
    [503, undefined, 'unavailable'],
    [307, undefined, 'unexpected'],
  ];
  for (const [status, reason, kind] of kinds) {
    it(`fail with ${kind} on a ${String(status)} ${reason ?? 'without a Status'}`, async () => {
      const body = reason === undefined ? '<html>' : JSON.stringify({ kind: 'Status', reason, message: 'the message' });
      server.fault = () => ({ kind: 'Answer', status, body, headers: { Location: 'https://elsewhere' } });
      const error = await failureOf(api.request({ method: 'POST', path: PATH, body: {} }));
      expect(error).to.include({ kind, status });
      expect(error.message).to.equal(`POST ${PATH}: ${reason === undefined ? `HTTP ${status}` : 'the message'}`);
    });
  }

  it('tell how long to wait', async () => {
    const waits = ['7', 'Tue, 24 Nov 2026 15:00:00 GMT', '-1'];
    const told = [];
    for (const wait of waits) {
      server.fault = () => ({ kind: 'Answer', status: 429, headers: { 'Retry-After': wait } });
      told.push((await failureOf(api.create(THINGS, {}))).retryAfterMs);
    }
    expect(told).to.deep.equal([7000, undefined, undefined]);
  });

  const failures: readonly (readonly [string, StubFault, number | undefined])[] = [
    ['a refusal', { kind: 'Answer', status: 403, body: '{"message":"no"}' }, undefined],
    ['a reset', { kind: 'Reset' }, undefined],
    ['a timeout', { kind: 'Hang' }, 50],
  ];
  for (const [what, fault, timeoutMs] of failures) {
    it(`keep token and body out of what is shown of ${what}`, async () => {
      server.fault = () => fault;
      const body = { data: { password: 'the-password' } };
      const request = { method: 'POST', path: PATH, body, ...(timeoutMs === undefined ? {} : { timeoutMs }) } as const;
      const error = await failureOf(api.request(request));
      const shown = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}${String(error.stack)}`;
      expect(shown).to.not.match(/the-token|the-password|Bearer/);
      if (fault.kind !== 'Answer') expect(error.kind).to.equal('unavailable');
    });
  }

  it('end with the signal', async () => {
    server.fault = () => ({ kind: 'Hang' });
    const signal = AbortSignal.timeout(20);
    expect((await failureOf(api.request({ method: 'GET', path: PATH, signal }))).kind).to.equal('unavailable');
  });

  it('fail as unavailable where the credentials cannot be read', async () => {
    const kubeConfig = server.kubeConfig();
    kubeConfig.users.splice(0, 1, { name: 'user', certFile: '/nonexistent/tls.crt' });
    const error = await failureOf(new KubernetesApi(kubeConfig).get(THINGS, 'none'));
    expect(error.kind).to.equal('unavailable');
    expect(error.message).to.include('/nonexistent/tls.crt');
  });

  it('trust no other certificate than the kubeconfig names', async () => {
    const other = await new StubApiServer().start();
    const kubeConfig = other.kubeConfig();
    const [cluster] = kubeConfig.clusters;
    const caData = server.kubeConfig().clusters[0]?.caData ?? '';
    if (cluster !== undefined) kubeConfig.clusters.splice(0, 1, { ...cluster, caData });
    const error = await failureOf(new KubernetesApi(kubeConfig).get(THINGS, 'none'));
    await other.stop();
    expect(error.kind).to.equal('unavailable');
    expect(other.requests).to.be.empty;
  });

  it('say why a watch was refused', async () => {
    server.objects.compact();
    const query = { watch: true, resourceVersion: '1' };
    const error = await failureOf(api.openWatch(THINGS, query, new AbortController().signal));
    expect(error.kind).to.equal('gone');
  });
});

describe('backoff', () => {
  it('doubles up to the ceiling, with half of it by chance', () => {
    const at = (failures: number, random: number): number =>
      backoffMs(failures, { baseMs: 100, ceilingMs: 1000, random: () => random });
    expect([1, 2, 3, 4, 5, 500].map((failures) => at(failures, 1))).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
    expect([1, 3].map((failures) => at(failures, 0))).to.deep.equal([50, 200]);
  });
});
