import { expect } from 'chai';
import type { HarborStandIn } from '../harbor/index.js';
import { startHarbor } from '../harbor/index.js';
import type { UpstreamRegistry } from '../harbor/upstream-registry.js';
import { startUpstreamRegistry } from '../harbor/upstream-registry.js';
import { callApi, send } from './http.js';
import type { Received } from './http.js';

describe('a proxy project of the Harbor stand-in', () => {
  let harbor: HarborStandIn;
  let upstream: UpstreamRegistry;

  beforeEach(async () => {
    upstream = await startUpstreamRegistry();
    harbor = await startHarbor({ upstreams: { 'quay.io': { url: upstream.url } } });
    const endpoint = { name: 'quay', type: 'docker-registry', url: 'https://quay.io' };
    await callApi(harbor, harbor.admin, 'POST', '/registries', endpoint);
    await makeProject('quay', {});
  });
  afterEach(async () => {
    await harbor.stop();
    await upstream.stop();
  });

  const makeProject = (name: string, changes: object, metadata: object = {}): Promise<unknown> =>
    callApi(harbor, harbor.admin, 'POST', '/projects', {
      project_name: name,
      registry_id: 1,
      metadata: { public: 'true', ...metadata },
      ...changes,
    });

  async function get(path: string, method = 'GET'): Promise<Received> {
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1] ?? '';
    const query = `service=harbor-registry&scope=repository:${repository}:pull`;
    const { body } = await send(harbor.url, { method: 'GET', path: `/service/token?${query}` });
    const { token } = JSON.parse(body) as { readonly token: string };
    return send(harbor.url, { method, path, headers: { authorization: `Bearer ${token}` } });
  }

  it('serves what it has while the upstream is down, by tag and by digest, and nothing else', async () => {
    const digest = upstream.addImage('atlas/athena', 'v1', 'hello');
    upstream.addImage('atlas/athena', 'v2', 'world');
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(200);
    harbor.setUpstream('quay.io', 'down');
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).headers['docker-content-digest']).to.equal(digest);
    expect((await get(`/v2/quay/atlas/athena/manifests/${digest}`)).status).to.equal(200);
    expect((await get('/v2/quay/atlas/athena/manifests/v2')).status).to.equal(404);
  });

  it('serves what it has when the upstream registry itself is stopped', async () => {
    upstream.addImage('atlas/athena', 'v1', 'hello');
    const first = await get('/v2/quay/atlas/athena/manifests/v1');
    await upstream.stop();
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).body).to.equal(first.body);
  });

  it('asks only its cache while the status of the endpoint is unhealthy, even if the upstream is back', async () => {
    upstream.addImage('atlas/athena', 'v1', 'hello');
    harbor.setUpstream('quay.io', 'down');
    await harbor.refreshStatus();
    harbor.setUpstream('quay.io', 'up');
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(404);
    await harbor.refreshStatus();
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(200);
  });

  it('follows a tag that moves upstream', async () => {
    upstream.addImage('atlas/athena', 'v1', 'hello');
    await get('/v2/quay/atlas/athena/manifests/v1');
    const moved = upstream.addImage('atlas/athena', 'v1', 'moved');
    await get('/v2/quay/atlas/athena/manifests/v1');
    harbor.setUpstream('quay.io', 'down');
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).headers['docker-content-digest']).to.equal(moved);
  });

  it('stops caching over the quota, not pulling', async () => {
    await makeProject('small', { storage_limit: 10 });
    upstream.addImage('atlas/athena', 'v1', 'hello');
    expect((await get('/v2/small/atlas/athena/manifests/v1')).status).to.equal(200);
    expect(harbor.cached('small')).to.deep.equal([]);
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(200);
    expect(harbor.cached('quay').map(({ name }) => name)).to.deep.equal(['quay/atlas/athena']);
  });

  it('answers 429 to pulls over max_upstream_conn', async () => {
    await makeProject('narrow', {}, { max_upstream_conn: '1' });
    const layer = upstream.addBlob(Buffer.from('a layer'));
    let open = (): void => undefined;
    upstream.holdBlobs(
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    const path = `/v2/narrow/atlas/athena/blobs/${layer}`;
    const first = get(path);
    const others = await Promise.all(
      [1, 2, 3].map(async () => {
        await untilUpstreamIsAsked();
        return get(path);
      }),
    );
    open();
    expect((await first).status).to.equal(200);
    expect(others.map(({ status, body }) => [status, JSON.parse(body) as unknown])).to.deep.equal(
      Array(3).fill([
        429,
        { errors: [{ code: 'TOO_MANY_REQUEST', message: 'too many requests to upstream registry' }] },
      ]),
    );
  });

  async function untilUpstreamIsAsked(): Promise<void> {
    const asked = upstream.requests;
    while (upstream.requests === 0 || upstream.requests < asked) await new Promise((resolve) => setImmediate(resolve));
  }

  it('fills some time after the pull where caching is slow', async () => {
    await harbor.stop();
    harbor = await startHarbor({ upstreams: { 'quay.io': { url: upstream.url } }, cacheDelayMs: 60_000 });
    await callApi(harbor, harbor.admin, 'POST', '/registries', {
      name: 'quay',
      type: 'docker-registry',
      url: 'https://quay.io',
    });
    await makeProject('slow', {});
    upstream.addImage('atlas/athena', 'v1', 'hello');
    await get('/v2/slow/atlas/athena/manifests/v1');
    expect(harbor.cached('slow')).to.be.empty;
    await harbor.finishCaching();
    expect(harbor.cached('slow')).to.have.lengthOf(1);
    expect((await callApi(harbor, harbor.admin, 'DELETE', '/projects/slow')).status).to.equal(412);
    const path = '/projects/slow/repositories/atlas%252Fathena';
    expect((await callApi(harbor, harbor.admin, 'DELETE', path)).status).to.equal(200);
    expect((await callApi(harbor, harbor.admin, 'DELETE', '/projects/slow')).status).to.equal(200);
  });

  it('hands the credential of the endpoint to the upstream, and nothing without it', async () => {
    upstream.addImage('atlas/athena', 'v1', 'hello');
    harbor.setUpstream('quay.io', { username: 'u', password: 'p' });
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(404);
    const login = { access_key: 'u', access_secret: 'p', credential_type: 'basic' };
    await callApi(harbor, harbor.admin, 'PUT', '/registries/1', login);
    expect((await get('/v2/quay/atlas/athena/manifests/v1')).status).to.equal(200);
  });
});
