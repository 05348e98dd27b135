import { expect } from 'chai';
import type { HarborStandIn } from '../harbor/index.js';
import { startHarbor } from '../harbor/index.js';
import type { UpstreamRegistry } from '../harbor/upstream-registry.js';
import { startUpstreamRegistry } from '../harbor/upstream-registry.js';
import { basic, callApi, send } from './http.js';
import type { Received } from './http.js';

describe('a setting of the whole Harbor stand-in takes effect at once', () => {
  let harbor: HarborStandIn;
  let upstream: UpstreamRegistry;

  beforeEach(async () => {
    upstream = await startUpstreamRegistry();
    harbor = await startHarbor({ upstreams: { 'quay.io': { url: upstream.url } } });
  });
  afterEach(async () => {
    await harbor.stop();
    await upstream.stop();
  });

  const admin = (method: string, path: string, body?: unknown): Promise<Received & { readonly json: unknown }> =>
    callApi(harbor, harbor.admin, method, path, body);

  it('read-only: writes are denied, pulls and their caching go on', async () => {
    upstream.addImage('a/b', '1', 'hello');
    await admin('POST', '/registries', { name: 'quay', type: 'docker-registry', url: 'https://quay.io' });
    await admin('POST', '/projects', { project_name: 'quay', registry_id: 1, metadata: { public: 'true' } });
    await admin('PUT', '/configurations', { read_only: true });

    const headers = { authorization: basic(harbor.admin.username, harbor.admin.password) };
    const pulled = await send(harbor.url, { method: 'GET', path: '/v2/quay/a/b/manifests/1', headers });
    expect(pulled.status).to.equal(200);
    expect(harbor.cached('quay')).to.have.lengthOf(1);
    expect((await admin('DELETE', '/projects/quay')).json).to.have.nested.property('errors[0].code', 'DENIED');

    await admin('PUT', '/configurations', { read_only: false });
    expect((await admin('PUT', '/registries/1', { description: 'writable' })).status).to.equal(200);
  });

  it('another robot_name_prefix: all robots log in under the new name, with the same secret', async () => {
    const { password } = harbor.addRobot('mirrors');
    const status = async (username: string): Promise<number> =>
      (await callApi(harbor, { username, password }, 'GET', '/registries')).status;
    expect(await status('robot$mirrors')).to.equal(200);

    await admin('PUT', '/configurations', { robot_name_prefix: 'bot-' });
    expect([await status('robot$mirrors'), await status('bot-mirrors')]).to.deep.equal([401, 200]);
    expect((await admin('GET', '/robots')).json).to.have.nested.property('[0].name', 'bot-mirrors');
  });
});
