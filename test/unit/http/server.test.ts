import { expect } from 'chai';
import { withToken } from '../../../src/http/bearer.js';
import { createMetrics } from '../../../src/http/metrics.js';
import { probes } from '../../../src/http/probes.js';
import { serve, text } from '../../../src/http/server.js';
import type { HttpServer, Route } from '../../../src/http/server.js';

describe('the probes and metrics server', () => {
  const servers: HttpServer[] = [];
  const failures: string[] = [];

  async function start(routes: Readonly<Record<string, Route>>): Promise<string> {
    const server = await serve({ host: '127.0.0.1', port: 0 }, routes, (path, error) =>
      failures.push(`${path}: ${String(error)}`),
    );
    servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('says ok while every check passes', async () => {
    const url = await start(probes({}, { cache: () => undefined, harbor: () => Promise.resolve() }));
    for (const path of ['/healthz', '/readyz', '/readyz?verbose']) {
      const response = await fetch(url + path);
      expect([response.status, await response.text()]).to.deep.equal([200, 'ok\n']);
    }
  });

  it('says which checks fail, and why', async () => {
    const fail = (): never => {
      throw new Error('not synced yet');
    };
    const url = await start(
      probes({}, { mirrors: fail, secrets: () => Promise.reject(new Error('forbidden')), fine: () => undefined }),
    );
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.text()]).to.deep.equal([
      503,
      'mirrors: not synced yet\nsecrets: forbidden\n',
    ]);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
  });

  it('knows nothing else', async () => {
    const url = await start(probes({}, {}));
    expect((await fetch(`${url}/toString`)).status).to.equal(404);
    expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).to.equal(405);
    expect(await (await fetch(`${url}/healthz`, { method: 'HEAD' })).text()).to.equal('');
  });

  it('says 500 when a route fails, and why in the log only: it may be anybody who asks', async () => {
    const url = await start({ '/x': () => Promise.reject(new Error('no such file: /etc/token')) });
    const response = await fetch(`${url}/x?a=b`);
    expect([response.status, await response.text()]).to.deep.equal([500, 'this failed; the log says how\n']);
    expect(failures).to.deep.equal(['/x: Error: no such file: /etc/token']);
  });

  it('lets the answers under way out before it closes', async () => {
    let finish = (): void => undefined;
    let begun = (): void => undefined;
    const isUnderWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const url = await start({
      '/slow': () =>
        new Promise((resolve) => {
          finish = () => {
            resolve(text(200, 'done'));
          };
          begun();
        }),
    });
    const answer = fetch(`${url}/slow`, { headers: { Connection: 'close' } });
    await isUnderWay;
    const closed = servers.pop()?.close();
    finish();
    expect(await (await answer).text()).to.equal('done\n');
    await closed;
  });

  it('says so when the address is taken', async () => {
    const port = Number(new URL(await start({})).port);
    const error: unknown = await serve({ host: '127.0.0.1', port }, {}, () => undefined).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'EADDRINUSE' });
  });

  it('serves how long the event loop is held up', async () => {
    const reply = await createMetrics().routes['/metrics']?.();
    expect(reply?.body).to.match(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  it('serves metrics, by route and not by name', async () => {
    const metrics = createMetrics();
    metrics.harborResponse({ method: 'GET', route: '/registries/{id}', status: 200, ms: 3 });
    metrics.harborResponse({ method: 'GET', route: '/registries/{id}', status: undefined, ms: 3 });
    metrics.reconciled('success', 20);
    metrics.setQueueDepth(4);
    metrics.setMirrors({ True: 3, False: 1, Unknown: 0 });
    metrics.setLeader(true);
    const url = await start(metrics.routes);
    const response = await fetch(`${url}/metrics`);
    const body = await response.text();
    expect(response.headers.get('content-type')).to.match(/^text\/plain/);
    for (const line of [
      'registry_mirror_harbor_request_duration_seconds_count{method="GET",route="/registries/{id}",status="200"} 1',
      'registry_mirror_harbor_request_duration_seconds_count{method="GET",route="/registries/{id}",status="none"} 1',
      'registry_mirror_reconcile_duration_seconds_count{outcome="success"} 1',
      'registry_mirror_queue_depth 4',
      'registry_mirror_mirrors{ready="True"} 3',
      'registry_mirror_leader 1',
    ]) {
      expect(body).to.include(line);
    }
    expect(body).to.include('process_cpu_seconds_total');
  });

  describe('metrics behind a token', () => {
    const get = async (url: string, authorization?: string): Promise<Response> =>
      fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });
    const startWith = async (readToken: () => string): Promise<string> =>
      start({ '/metrics': withToken(() => Promise.resolve(text(200, 'numbers')), readToken) });

    it('are for whoever shows it, and nobody else', async () => {
      const url = await startWith(() => 'secret\n');
      expect(await (await get(url, 'Bearer secret')).text()).to.equal('numbers\n');
      for (const authorization of [undefined, 'Bearer', 'Bearer secre', 'Bearer secret2', 'Basic secret', 'secret']) {
        const response = await get(url, authorization);
        expect([response.status, await response.text()], authorization).to.deep.equal([401, 'a token is needed\n']);
        expect(response.headers.get('www-authenticate')).to.equal('Bearer');
      }
    });

    it('take a changed token at once', async () => {
      let token = 'old';
      const url = await startWith(() => token);
      token = 'new';
      expect([(await get(url, 'Bearer old')).status, (await get(url, 'Bearer new')).status]).to.deep.equal([401, 200]);
    });

    it('are for nobody where there is no token', async () => {
      const url = await startWith(() => '\n');
      expect((await get(url, 'Bearer ')).status).to.equal(500);
    });
  });
});
