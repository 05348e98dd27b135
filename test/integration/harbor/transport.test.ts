import { inspect } from 'node:util';
import { expect } from 'chai';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import type { HarborConnection } from '../../../src/harbor/http/connection.js';
import type { HarborError } from '../../../src/harbor/http/errors.js';
import type { Response } from '../../../src/harbor/http/adapter/measured.js';
import type { RequestOptions } from '../../../src/harbor/http/request.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborOptions, HarborStandIn } from '../../harbor/index.js';
import { certificate, key } from './certificate.js';
import { startRawServer } from '../../support/raw-server.js';
import type { RawServer } from '../../support/raw-server.js';

const UPSTREAM = { name: 'quay', type: 'docker-registry', url: 'https://quay.io', description: '', insecure: false };
const LOGIN = { username: 'robot$x', password: 'hunter2-harbor' };

describe('the way to Harbor', () => {
  const clients: HarborClient[] = [];
  const harbors: HarborStandIn[] = [];
  const servers: RawServer[] = [];

  function clientOf(connection: HarborConnection, options: RequestOptions = {}): HarborClient {
    const client = createHarborClient(connection, { retryDelayMs: 1, ...options });
    clients.push(client);
    return client;
  }

  async function start(
    options: RequestOptions = {},
    harborOptions: HarborOptions = {},
  ): Promise<{ readonly harbor: HarborStandIn; readonly client: HarborClient }> {
    const harbor = await startHarbor({ upstreams: { 'quay.io': {} }, ...harborOptions });
    harbors.push(harbor);
    return { harbor, client: clientOf({ url: harbor.url, ...harbor.addRobot('operator') }, options) };
  }

  async function startRaw(...args: Parameters<typeof startRawServer>): Promise<RawServer> {
    const server = await startRawServer(...args);
    servers.push(server);
    return server;
  }

  async function failure(promise: Promise<unknown>): Promise<HarborError> {
    const outcome: unknown = await promise.catch((error: unknown) => error);
    expect(outcome).to.have.property('name', 'HarborError');
    return outcome as HarborError;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all([
      ...harbors.splice(0).map((each) => each.stop()),
      ...servers.splice(0).map((each) => each.close()),
    ]);
  });

  describe('repeats', () => {
    for (const status of [429, 502, 503]) {
      it(`a read, an update and a deletion after a ${status}`, async () => {
        const { harbor, client } = await start();
        const id = await client.createEndpoint(UPSTREAM);
        for (const method of ['GET', 'PUT', 'DELETE']) {
          harbor.inject({ method, route: '/registries/{id}' }, { kind: 'answer', status }, 2);
        }
        expect((await client.getEndpoint(id))?.name).to.equal('quay');
        await client.updateEndpoint(id, { description: 'new' });
        await client.deleteEndpoint(id);
        expect(harbor.endpoints()).to.deep.equal([]);
      });
    }

    it('no more often than it is told to', async () => {
      const { harbor, client } = await start({ retries: 2 });
      const fault = harbor.inject({ route: '/registries' }, { kind: 'answer', status: 503 }, Infinity);
      expect(await failure(client.listEndpoints())).to.include({ kind: 'serverError', status: 503 });
      expect(fault.hits).to.equal(3);
    });

    it('a read whose connection broke, and one that was half answered', async () => {
      const { harbor, client } = await start();
      harbor.inject({ route: '/registries' }, { kind: 'reset', when: 'after' });
      expect((await client.listEndpoints()).items).to.deep.equal([]);
      harbor.inject({ route: '/projects' }, { kind: 'half answer' });
      expect((await client.listProjects()).items).to.have.lengthOf(1);
    });

    for (const when of ['before', 'after'] as const) {
      it(`no creation whose connection broke ${when} it was carried out, and says that it may have happened`, async () => {
        const { harbor, client } = await start();
        const fault = harbor.inject({ method: 'POST', route: '/registries' }, { kind: 'reset', when }, Infinity);
        const error = await failure(client.createEndpoint(UPSTREAM));
        expect(error).to.include({ kind: 'unreachable', mayHaveHappened: true });
        expect(fault.hits).to.equal(1);
        expect(harbor.endpoints()).to.have.lengthOf(when === 'after' ? 1 : 0);
      });
    }

    for (const status of [429, 500, 502, 503]) {
      it(`no creation after a ${status}`, async () => {
        const { harbor, client } = await start();
        const fault = harbor.inject({ method: 'POST', route: '/projects' }, { kind: 'answer', status }, Infinity);
        await failure(client.createProject({ name: 'p', registryId: 1, metadata: {} }));
        expect(fault.hits).to.equal(1);
      });
    }

    it('no 500: that is Harbor’s own answer', async () => {
      const { harbor, client } = await start();
      const fault = harbor.inject({ route: '/registries' }, { kind: 'answer', status: 500 }, Infinity);
      expect(await failure(client.listEndpoints())).to.include({ kind: 'serverError' });
      expect(fault.hits).to.equal(1);
    });

    it('a creation that was surely never sent', async () => {
      const responses: Response[] = [];
      const { harbor, client } = await start({ retries: 1, onResponse: (response) => responses.push(response) });
      await harbor.down();
      const error = await failure(client.createEndpoint(UPSTREAM));
      expect(error).to.include({ kind: 'unreachable', code: 'ECONNREFUSED', mayHaveHappened: false });
      expect(responses).to.have.lengthOf(2);
    });

    it('after as long as Retry-After says', async () => {
      const { harbor, client } = await start();
      harbor.inject({ route: '/registries' }, { kind: 'answer', status: 429, headers: { 'Retry-After': '1' } });
      const begin = performance.now();
      expect((await client.listEndpoints()).items).to.deep.equal([]);
      expect(performance.now() - begin).to.be.within(990, 3000);
    });

    it('not at all where Retry-After is longer than a call may wait, but says for how long', async () => {
      const { harbor, client } = await start();
      const answer = { kind: 'answer', status: 429, headers: { 'Retry-After': '60' } } as const;
      const fault = harbor.inject({ route: '/registries' }, answer, Infinity);
      expect(await failure(client.listEndpoints())).to.include({ kind: 'rateLimited', retryAfterMs: 60_000 });
      expect(fault.hits).to.equal(1);
    });

    it('no health check', async () => {
      const { harbor, client } = await start();
      const fault = harbor.inject({ route: '/registries' }, { kind: 'answer', status: 503 }, Infinity);
      await failure(client.checkAccess());
      expect(fault.hits).to.equal(1);
    });
  });

  describe('gives up', () => {
    it('when Harbor does not answer in time, and says that a write may still happen', async () => {
      const { harbor, client } = await start({ requestTimeoutMs: 50, upstreamTimeoutMs: 80 });
      harbor.inject({}, { kind: 'hang', when: 'before' }, 2);
      expect(await failure(client.listProjects())).to.include({ kind: 'timeout', mayHaveHappened: false });
      const error = await failure(client.createEndpoint(UPSTREAM));
      expect(error).to.include({ kind: 'timeout', mayHaveHappened: true, reason: 'no answer within 0.08 s' });
    });

    it('on an answer that drips', async () => {
      const server = await startRaw((_, response) => {
        const drip = setInterval(() => response.write(' '), 5);
        response.on('close', () => {
          clearInterval(drip);
        });
      });
      const client = clientOf({ url: server.url, ...LOGIN }, { requestTimeoutMs: 60 });
      expect(await failure(client.listEndpoints())).to.include({ kind: 'timeout' });
    });

    it('when the caller does: under way, in the queue, before it began, between two attempts', async () => {
      const { harbor, client } = await start({ concurrency: 1, retryDelayMs: 60_000 });
      const controller = new AbortController();
      const { signal } = controller;
      const hasArrived = new Promise<void>((resolve) => {
        const arrive = (): boolean => {
          resolve();
          return true;
        };
        harbor.inject(arrive, { kind: 'hang', when: 'before' });
      });
      const underWay = failure(client.listProjects({ signal }));
      const queued = failure(client.findProject('x', { signal }));
      await hasArrived;
      controller.abort();
      for (const error of [await underWay, await queued, await failure(client.listProjects({ signal }))]) {
        expect(error).to.include({ kind: 'aborted' });
      }
      const again = new AbortController();
      harbor.inject(
        () => {
          setImmediate(() => {
            again.abort();
          });
          return true;
        },
        { kind: 'answer', status: 503 },
      );
      expect(await failure(client.listProjects({ signal: again.signal }))).to.include({ kind: 'aborted' });
    });
  });

  it('leaves room for other calls and health checks while upstreams hang', async () => {
    const { harbor, client } = await start({ concurrency: 2, upstreamTimeoutMs: 60_000 });
    harbor.setUpstream('quay.io', 'hanging');
    const controller = new AbortController();
    const hanging = [1, 2, 3, 4].map((number) =>
      failure(client.createEndpoint({ ...UPSTREAM, name: `e${number}` }, { signal: controller.signal })),
    );
    expect((await client.listEndpoints()).items).to.deep.equal([]);
    await client.checkAccess();
    controller.abort();
    for (const error of await Promise.all(hanging)) expect(error).to.include({ kind: 'aborted' });
  });

  it('follows no redirect, to wherever: the credentials would go along', async () => {
    const target = await startRaw((_, response) => response.end('{"harbor_version":"direct"}'));
    for (const status of [301, 302, 307, 308]) {
      const server = await startRaw((_, response) => {
        response.writeHead(status, { Location: `${target.url}/api/v2.0/registries?token=hunter3` }).end();
      });
      const error = await failure(clientOf({ url: server.url, ...LOGIN }).listEndpoints());
      expect(error).to.include({ kind: 'redirected', status });
      expect(error.message).to.include(`${target.url}/api/v2.0/registries, which is not followed`);
      expect(error.message).not.to.include('hunter3');
    }
    expect(target.requests).to.have.lengthOf(0);
  });

  it('keeps connections, sends no cookie, and logs in only where it must', async () => {
    const server = await startRaw((request, response) => {
      response.setHeader('Set-Cookie', 'sid=abc; Path=/; HttpOnly');
      response.setHeader('Content-Type', 'application/json');
      response.end(request.url?.includes('/service/token') === true ? '{"token":"t"}' : '[]');
    });
    const client = clientOf({ url: `${server.url}/harbor/`, ...LOGIN }, { newRequestId: () => 'id-1' });
    for (let number = 0; number < 5; number++) await client.listEndpoints();
    await client.checkTokenService();
    const [list, ...others] = server.requests;
    expect(list?.url).to.match(/^\/harbor\/api\/v2\.0\/registries\?/);
    expect(list?.headers).to.include({ 'x-request-id': 'id-1', 'x-is-resource-name': 'false' });
    expect(list?.headers.authorization).to.equal(`Basic ${Buffer.from('robot$x:hunter2-harbor').toString('base64')}`);
    for (const { headers } of others) expect(headers).not.to.have.property('cookie');
    const token = others.at(-1);
    expect(token?.url).to.equal('/harbor/service/token?service=harbor-registry&scope=');
    expect(token?.headers).not.to.have.property('authorization');
    expect(server.connections()).to.equal(2);
  });

  it('goes through no proxy of the environment that it wasn’t told of, and through one that it was', async () => {
    const target = await startRaw((_, response) => response.end('{"harbor_version":"direct"}'));
    const proxy = await startRaw((_, response) => response.end('{"harbor_version":"through the proxy"}'));
    const direct = clientOf({ url: target.url, ...LOGIN });
    const proxied = clientOf({ url: target.url, ...LOGIN }, { proxy: { HTTP_PROXY: proxy.url } });
    const excepted = clientOf(
      { url: target.url, ...LOGIN },
      { proxy: { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } },
    );
    process.env.HTTP_PROXY = 'http://127.0.0.1:9';
    try {
      expect(await direct.systemInfo()).to.include({ version: 'direct' });
    } finally {
      delete process.env.HTTP_PROXY;
    }
    expect(await proxied.systemInfo()).to.include({ version: 'through the proxy' });
    expect(await excepted.systemInfo()).to.include({ version: 'direct' });
  });

  it('encodes a repository’s slashes twice and means projects by name', async () => {
    const server = await startRaw((_, response) => response.end());
    await clientOf({ url: server.url, ...LOGIN }).deleteRepository('12345', 'atlas/athena');
    expect(server.requests[0]?.url).to.equal('/api/v2.0/projects/12345/repositories/atlas%252Fathena');
    expect(server.requests[0]?.headers['x-is-resource-name']).to.equal('true');
  });

  it('tells of each attempt by route, not by name', async () => {
    const responses: Response[] = [];
    const { harbor, client } = await start({ onResponse: (response) => responses.push(response) });
    harbor.inject({ route: '/registries/{id}' }, { kind: 'answer', status: 503 });
    await client.getEndpoint(7);
    const told = responses.map(({ method, route, status }) => [method, route, status]);
    expect(told).to.deep.equal([
      ['GET', '/registries/{id}', 503],
      ['GET', '/registries/{id}', 404],
    ]);
    for (const { ms } of responses) expect(ms).to.be.within(0, 5000);
  });

  it('trusts a private CA where it is given, nobody’s certificate otherwise, and any only when told to', async () => {
    const { harbor } = await start({}, { tls: { cert: certificate, key } });
    const connection = { url: harbor.url, ...harbor.addRobot('tls') };
    const error = await failure(clientOf(connection).listEndpoints());
    expect(error).to.include({ kind: 'untrustedCertificate', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(error.reason).to.match(/give its CA certificate/);
    expect(await clientOf({ ...connection, caCertificate: certificate }).listEndpoints()).to.deep.include({
      items: [],
    });
    expect(await clientOf({ ...connection, insecureSkipTLSVerify: true }).listEndpoints()).to.deep.include({
      items: [],
    });
    const elsewhere = { ...connection, url: harbor.url.replace('127.0.0.1', 'localhost'), caCertificate: certificate };
    expect(await failure(clientOf(elsewhere).listEndpoints())).to.include({
      kind: 'untrustedCertificate',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('shows no password, however it fails', async () => {
    const { harbor, client } = await start({ requestTimeoutMs: 50, retries: 0 });
    const { password } = harbor.robots()[0] === undefined ? LOGIN : { password: harbor.robots()[0]?.secret ?? '' };
    const create = (): Promise<unknown> =>
      client.createEndpoint({ ...UPSTREAM, credentials: { accessKey: 'u', accessSecret: 'hunter2-upstream' } });
    for (const fault of [
      { kind: 'reset', when: 'before' },
      { kind: 'hang', when: 'before' },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 302, headers: { Location: 'http://u:hunter2-upstream@127.0.0.1:9/' } },
    ] as const) {
      harbor.inject({ method: 'POST' }, fault);
      const error = await failure(create());
      const shown = JSON.stringify(error) + inspect(error, { depth: 20, showHidden: true });
      expect(shown).not.to.include('hunter2-upstream').and.not.to.include(password);
      expect(error.cause).to.be.undefined;
      harbor.clearFaults();
    }
  });
});
