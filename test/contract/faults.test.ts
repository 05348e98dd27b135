import { expect } from 'chai';
import type { HarborStandIn } from '../harbor/index.js';
import { startHarbor } from '../harbor/index.js';
import { callApi, send } from './http.js';
import type { Received } from './http.js';

describe('the Harbor stand-in as a test bench', () => {
  let harbor: HarborStandIn;

  beforeEach(async () => {
    harbor = await startHarbor({ unmappedHealthy: true });
  });
  afterEach(() => harbor.stop());

  const create = (name: string): Promise<Received> =>
    callApi(harbor, harbor.admin, 'POST', '/registries', { name, type: 'docker-registry', url: 'https://quay.io' });
  const failure = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'answered',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    );
  const onCreate = { method: 'POST', route: '/registries' } as const;

  it('gives the wanted answer as often as said, and carries nothing out', async () => {
    harbor.inject(onCreate, { kind: 'answer', status: 503, body: { why: 'busy' }, headers: { 'Retry-After': '1' } }, 2);
    const answers = [await create('a'), await create('a'), await create('a')];
    expect(answers.map(({ status }) => status)).to.deep.equal([503, 503, 201]);
    expect(answers[0]?.headers['retry-after']).to.equal('1');
  });

  it('resets the connection before or after a call is carried out', async () => {
    harbor.inject(onCreate, { kind: 'reset', when: 'before' });
    expect(await failure(create('before'))).to.equal('ECONNRESET');
    harbor.inject(onCreate, { kind: 'reset', when: 'after' });
    expect(await failure(create('after'))).to.equal('ECONNRESET');
    expect(harbor.endpoints().map(({ name }) => name)).to.deep.equal(['after']);
  });

  it('writes half an answer', async () => {
    harbor.inject({ route: '/health' }, { kind: 'half answer' });
    expect(await failure(send(harbor.url, { method: 'GET', path: '/api/v2.0/health' }))).to.equal('ECONNRESET');
  });

  it('never answers a call that hangs', async () => {
    const fault = harbor.inject(onCreate, { kind: 'hang', when: 'after' });
    const call = failure(create('hung'));
    while (harbor.endpoint('hung') === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(fault.hits).to.equal(1);
    await harbor.stop();
    expect(await call).to.equal('ECONNRESET');
  });

  it('refuses connections while it is down, and has its data when it is up again on the same port', async () => {
    await create('a');
    const { url } = harbor;
    await harbor.down();
    expect(await failure(create('b'))).to.equal('ECONNREFUSED');
    await harbor.up();
    expect(harbor.url).to.equal(url);
    expect((await create('a')).status).to.equal(409);
  });

  it('tells of a write between carrying it out and answering it', async () => {
    const seen: string[] = [];
    const ends = harbor.afterWrite(({ method, route, status }) => {
      seen.push(`${method} ${route} ${status} ${harbor.endpoints().length}`);
    });
    await create('a');
    await callApi(harbor, harbor.admin, 'GET', '/registries');
    ends();
    await create('b');
    expect(seen).to.deep.equal(['POST /registries 201 1']);
  });

  it('counts calls by method, route, status and user, and tells reads from writes', async () => {
    const robot = harbor.addRobot('op');
    await create('a');
    await create('a');
    await callApi(harbor, robot, 'GET', '/registries/1');
    await callApi(harbor, robot, 'POST', '/registries/ping', { id: 1 });
    await callApi(harbor, undefined, 'GET', '/health');
    expect(harbor.count({ method: 'POST', route: '/registries', status: 409 })).to.equal(1);
    expect(harbor.count({ user: 'robot$op' })).to.equal(2);
    expect(harbor.writes()).to.have.lengthOf(2);
    expect(harbor.reads().map(({ route, path }) => [route, path])).to.deep.equal([
      ['/registries/{id}', '/api/v2.0/registries/1'],
    ]);
    harbor.resetCounts();
    expect(harbor.count()).to.equal(0);
  });

  it('takes the time that it is told to take, so many calls at once', async () => {
    harbor.latency = { create: 20, concurrency: 2 };
    const start = performance.now();
    await Promise.all(['a', 'b', 'c', 'd'].map(create));
    expect(performance.now() - start).to.be.within(38, 400);
  });

  it('refuses everybody while the token service or the database is down', async () => {
    harbor.broken.tokenService = true;
    const token = await send(harbor.url, { method: 'GET', path: '/service/token?service=harbor-registry' });
    expect(token.status).to.equal(500);
    harbor.broken.database = true;
    expect((await callApi(harbor, harbor.admin, 'GET', '/registries')).status).to.equal(401);
  });
});
