import { expect } from 'chai';
import { get } from 'node:https';
import { selfSigned } from '../harbor/certificate.js';
import type { HarborStandIn } from '../harbor/index.js';
import { startHarbor } from '../harbor/index.js';
import { callApi, send } from './http.js';
import type { Received } from './http.js';

/** What was seen of a real Harbor and can't be told by one exchange after another. */
describe('the Harbor stand-in, where recordings have no single exchange,', () => {
  let harbor: HarborStandIn;

  beforeEach(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {}, 'hub.docker.com': {}, 'registry-1.docker.io': {} } });
  });
  afterEach(() => harbor.stop());

  const admin = (method: string, path: string, body?: unknown): Promise<Received & { readonly json: unknown }> =>
    callApi(harbor, harbor.admin, method, path, body);
  const endpoint = (name: string, changes: object = {}): object => ({
    name,
    type: 'docker-registry',
    url: 'https://quay.io',
    ...changes,
  });
  const statuses = (answers: readonly Received[]): readonly number[] => answers.map(({ status }) => status).sort();

  it('lets exactly one of several creations of an endpoint win', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => admin('POST', '/registries', endpoint('quay'))));
    expect(statuses(answers)).to.deep.equal([201, ...Array<number>(7).fill(409)]);
  });

  it('lets exactly one of several creations of a project win', async () => {
    await admin('POST', '/registries', endpoint('quay'));
    const body = { project_name: 'quay', registry_id: 1 };
    const answers = await Promise.all(Array.from({ length: 8 }, () => admin('POST', '/projects', body)));
    expect(statuses(answers)).to.deep.equal([201, ...Array<number>(7).fill(409)]);
  });

  it('can leave a project with a dead endpoint when the endpoint is deleted while the project is made', async () => {
    const orphan = { id: 0, registryId: 0 };
    for (let round = 1; orphan.id === 0; round += 1) {
      await admin('POST', '/registries', endpoint(`quay${round}`));
      const [made, deleted] = await Promise.all([
        admin('POST', '/projects', { project_name: `p${round}`, registry_id: round, metadata: { public: 'true' } }),
        admin('DELETE', `/registries/${round}`),
      ]);
      const project = harbor.project(`p${round}`);
      if (made.status !== 201 || deleted.status !== 200 || project === undefined) continue;
      Object.assign(orphan, { id: project.id, registryId: round });
      const pulled = await pull(`p${round}/a/b`, '1');
      expect([pulled.status, JSON.parse(pulled.body) as unknown]).to.deep.equal([
        404,
        { errors: [{ code: 'NOT_FOUND', message: `registry ${round} not found` }] },
      ]);
    }
    expect((await admin('GET', `/projects/${orphan.id}`)).json).to.include({ registry_id: orphan.registryId });
  });

  async function pull(repository: string, tag: string): Promise<Received> {
    const query = `service=harbor-registry&scope=repository:${repository}:pull`;
    const answer = await send(harbor.url, { method: 'GET', path: `/service/token?${query}` });
    const { token } = JSON.parse(answer.body) as { readonly token: string };
    const headers = { authorization: `Bearer ${token}` };
    return send(harbor.url, { method: 'GET', path: `/v2/${repository}/manifests/${tag}`, headers });
  }

  it('holds a call open while the upstream hangs, and creates the endpoint later though the client gave up', async () => {
    harbor.setUpstream('quay.io', 'hanging');
    const impatient = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      void poll(() => harbor.state.endpoints.size === 0, resolve);
    });
    const given = send(
      harbor.url,
      {
        method: 'POST',
        path: '/api/v2.0/registries',
        headers: { authorization: `Basic ${btoa('admin:Harbor12345')}`, 'content-type': 'application/json' },
        body: JSON.stringify(endpoint('quay')),
      },
      impatient.signal,
    ).catch((error: unknown) => error);
    await arrived;
    expect((await admin('GET', '/registries')).json).to.deep.equal([]);
    impatient.abort();
    await given;
    harbor.setUpstream('quay.io', 'up');
    await poll(() => harbor.endpoint('quay') !== undefined);
    expect((await admin('POST', '/registries', endpoint('quay'))).status).to.equal(409);
  });

  /** Looks until the condition is met; mocha's timeout ends it otherwise. */
  async function poll(isMet: () => boolean, then?: () => void): Promise<void> {
    while (!isMet()) await new Promise((resolve) => setImmediate(resolve));
    then?.();
  }

  it('always pings Docker Hub for an endpoint of its type, whatever the url', async () => {
    const hub = endpoint('hub', { type: 'docker-hub', url: 'https://nowhere.example' });
    expect((await admin('POST', '/registries', hub)).status).to.equal(201);
    harbor.setUpstream('registry-1.docker.io', 'down');
    expect((await admin('PUT', '/registries/1', { description: 'x' })).status).to.equal(400);
  });

  it('counts an upstream that wants a login as healthy without one, and checks one that is given', async () => {
    harbor.setUpstream('quay.io', { username: 'u', password: 'p' });
    const withLogin = (secret: string): object =>
      endpoint(`with ${secret}`, { credential: { type: 'basic', access_key: 'u', access_secret: secret } });
    expect((await admin('POST', '/registries', endpoint('without'))).status).to.equal(201);
    expect((await admin('POST', '/registries', withLogin('p'))).status).to.equal(201);
    expect((await admin('POST', '/registries', withLogin('wrong'))).status).to.equal(400);
    expect((await admin('PUT', '/registries/2', { access_secret: '*****' })).status).to.equal(400);
  });

  it('keeps the status of an endpoint until its own check, and a successful PUT makes it healthy at once', async () => {
    await admin('POST', '/registries', endpoint('quay'));
    harbor.setUpstream('quay.io', 'down');
    expect(harbor.endpoint('quay')?.status).to.equal('healthy');
    await harbor.refreshStatus();
    expect(harbor.endpoint('quay')?.status).to.equal('unhealthy');
    harbor.setUpstream('quay.io', 'up');
    expect((await admin('POST', '/registries/ping', { id: 1 })).status).to.equal(200);
    expect(harbor.endpoint('quay')?.status).to.equal('unhealthy');
    await admin('PUT', '/registries/1', { description: 'x' });
    expect(harbor.endpoint('quay')?.status).to.equal('healthy');
  });

  it('checks its endpoints by itself, as often as it is told', async () => {
    const checking = await startHarbor({ endpointCheckMs: 10, upstreams: { 'quay.io': {} } });
    try {
      await callApi(checking, checking.admin, 'POST', '/registries', endpoint('quay'));
      checking.setUpstream('quay.io', 'down');
      await poll(() => checking.endpoint('quay')?.status === 'unhealthy');
      checking.setUpstream('quay.io', 'up');
      await poll(() => checking.endpoint('quay')?.status === 'healthy');
    } finally {
      await checking.stop();
    }
  });

  it('takes names of up to 64 bytes, and urls without scheme, slash, query and user', async () => {
    expect((await admin('POST', '/registries', endpoint('ü'.repeat(32)))).status).to.equal(201);
    expect((await admin('POST', '/registries', endpoint(`${'ü'.repeat(32)}x`))).status).to.equal(400);
    await admin('POST', '/registries', endpoint('url', { url: 'https://u:p@quay.io/path/?a=b#c' }));
    expect(harbor.endpoint('url')?.url).to.equal('https://quay.io/path');
    await admin('POST', '/registries', endpoint('bare', { url: 'quay.io' }));
    expect(harbor.endpoint('bare')?.url).to.equal('http://quay.io');
  });

  it('keeps a description of 5,000 characters, and fails at credentials that are too long', async () => {
    const description = 'd'.repeat(5000);
    await admin('POST', '/registries', endpoint('long', { description }));
    expect(harbor.endpoint('long')?.description).to.equal(description);
    const key = endpoint('key', { credential: { type: 'basic', access_key: 'k'.repeat(256), access_secret: 's' } });
    const secret = endpoint('secret', {
      credential: { type: 'basic', access_key: 'k', access_secret: 's'.repeat(4097) },
    });
    expect((await admin('POST', '/registries', key)).status).to.equal(500);
    expect((await admin('POST', '/registries', secret)).status).to.equal(500);
  });

  for (const name of ['a__b', 'a--b', '-a', 'a-', 'A', 'a b', 'a/b']) {
    it(`refuses a project named ${name}`, async () => {
      expect((await admin('POST', '/projects', { project_name: name })).status).to.equal(400);
    });
  }

  it('refuses a project name of 256 characters with 422', async () => {
    expect((await admin('POST', '/projects', { project_name: 'a'.repeat(255) })).status).to.equal(201);
    expect((await admin('POST', '/projects', { project_name: 'a'.repeat(256) })).status).to.equal(422);
  });

  it('fails one of two changes of a project at once', async () => {
    await admin('POST', '/projects', { project_name: 'p' });
    const change = (key: string): Promise<Received> => admin('PUT', '/projects/p', { metadata: { [key]: 'true' } });
    let seen: readonly number[] = [];
    while (!seen.includes(500)) seen = statuses(await Promise.all([change('auto_scan'), change('prevent_vul')]));
    expect(seen).to.deep.equal([200, 500]);
  });

  it('can answer 200 to several deletions of a project at once', async () => {
    let seen: readonly number[] = [];
    for (let round = 1; String(seen) !== '200,200'; round += 1) {
      await admin('POST', '/projects', { project_name: `p${round}` });
      const remove = (): Promise<Received> => admin('DELETE', `/projects/p${round}`);
      seen = statuses(await Promise.all([remove(), remove()]));
      expect(seen).to.be.deep.oneOf([
        [200, 200],
        [200, 404],
      ]);
    }
  });

  it('answers below its base path only', async () => {
    await harbor.stop();
    harbor = await startHarbor({ basePath: '/harbor' });
    expect(harbor.url).to.match(/\/harbor$/);
    const ping = (path: string): Promise<Received> => send(harbor.url, { method: 'GET', path });
    expect((await ping('/harbor/api/v2.0/ping')).status).to.equal(200);
    expect((await ping('/api/v2.0/ping')).status).to.equal(404);
  });

  it('speaks HTTPS with the certificate that it is given', async () => {
    await harbor.stop();
    const certificate = selfSigned('127.0.0.1');
    harbor = await startHarbor({ tls: certificate });
    const status = (ca: string | undefined): Promise<number | string | undefined> =>
      new Promise((resolve) => {
        const call = get(`${harbor.url}/api/v2.0/ping`, { agent: false, ca }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.on('error', (error: Error & { readonly code?: string }) => {
          resolve(error.code);
        });
      });
    expect(await status(certificate.cert)).to.equal(200);
    expect(await status(undefined)).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('answers hundreds of calls in parallel', async function () {
    this.timeout(20_000);
    const login = harbor.addRobot('reader');
    const answers = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const seen = new Set<number>();
        for (let call = 0; call < 60; call += 1) seen.add((await callApi(harbor, login, 'GET', '/registries')).status);
        return [...seen];
      }),
    );
    expect([...new Set(answers.flat())]).to.deep.equal([200]);
  });
});
