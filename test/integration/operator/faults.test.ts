import { expect } from 'chai';
import { startApiProxy } from '../../cluster/api-proxy.js';
import type { ApiProxy } from '../../cluster/api-proxy.js';
import type { Fault } from '../../harbor/index.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

/** A call to Harbor takes at most this long, and twice this where Harbor asks the upstream meanwhile. */
const TIMEOUT = '1s';

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['resets the connection before it has read the call', { kind: 'reset', when: 'before' }],
  ['resets the connection instead of answering', { kind: 'reset', when: 'after' }],
  ['writes half an answer', { kind: 'half answer' }],
  ['never answers', { kind: 'hang', when: 'before' }],
  ['does as it is told and never answers', { kind: 'hang', when: 'after' }],
  ['is slow', { kind: 'delay', ms: 700 }],
  ['answers 429 with Retry-After', { kind: 'answer', status: 429, headers: { 'Retry-After': '1' } }],
  ['answers 500', { kind: 'answer', status: 500 }],
  ['answers 502 with a page of the proxy in front', { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' }],
  ['answers 503', { kind: 'answer', status: 503 }],
];

/** What Harbor answers only after it has asked the upstream isn't given up when it takes long: see hanging-upstreams.test.ts. */
const CALLS = [
  { method: 'GET', route: '/registries', asksUpstream: false },
  { method: 'GET', route: '/projects', asksUpstream: false },
  { method: 'POST', route: '/registries', asksUpstream: true },
  { method: 'POST', route: '/projects', asksUpstream: false },
] as const;

describe('faults', function () {
  this.timeout(90_000);
  const world = useWorld({ operator: false, env: { REQUEST_TIMEOUT: TIMEOUT, HEALTH_INTERVAL: '1s' } });
  let proxy: ApiProxy;
  let pid: number;
  let count = 0;

  before(async () => {
    proxy = await startApiProxy(world().cluster);
    const kubeconfig = await world().cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await world().startOperator({ kubeconfig: await proxy.kubeconfigFor(kubeconfig) });
    ({ pid } = world().operator.daemon);
  });
  after(async () => {
    await world().killOperator();
    await proxy.stop();
  });
  afterEach(() => {
    world().harbor.clearFaults();
    // The same process from the first fault to the last.
    world().operator.daemon.check();
    expect(world().operator.daemon.pid).to.equal(pid);
  });

  /** A mirror of a host of its own. */
  const applyNext = async (): Promise<string> => {
    count += 1;
    const name = `fault-${count}`;
    const upstream = { type: 'docker-registry', url: `https://${name}.example.org` };
    await world().apply(name, { upstream, deletionPolicy: 'Delete' });
    return name;
  };
  /** Ready, with exactly one endpoint and one project of each mirror there is, and Pods rewritten. */
  const expectWhole = async (name: string): Promise<void> => {
    await world().until(name, 'Ready', 'True', undefined, 30_000);
    const names = Array.from({ length: count }, (_, index) => `fault-${index + 1}`);
    expect(
      world()
        .harbor.endpoints()
        .map((endpoint) => endpoint.name),
    ).to.have.members(names);
    const projects = world()
      .harbor.projects()
      .map((project) => project.name);
    expect(projects).to.have.members(['library', ...names]);
    expect(world().harbor.project(name)?.registryId).to.equal(world().harbor.endpoint(name)?.id);
    await world().untilImage(`${name}.example.org/a:1`, `harbor.cache.test/${name}/a:1`);
  };

  describe('of Harbor', () => {
    for (const [what, fault] of FAULTS) {
      it(`${what}: one endpoint, one project, ready in the end`, async () => {
        const calls = fault.kind === 'hang' ? CALLS.filter(({ asksUpstream }) => !asksUpstream) : CALLS;
        const injected = calls.map(({ method, route }) => world().harbor.inject({ method, route }, fault));
        const name = await applyNext();
        await expectWhole(name);
        // Those of the lists may have struck a health check instead.
        for (const { hits } of injected.slice(2)) expect(hits).to.equal(1);
      });
    }

    it('refuses connections for a while: ready when it is back', async () => {
      await world().harbor.down();
      const name = await applyNext();
      await world().until(name, 'Ready', 'False', 'HarborUnreachable');
      await world().harbor.up();
      await expectWhole(name);
    });
  });

  describe('of the API server', () => {
    it('drops all watches: what changes meanwhile and afterwards is seen', async () => {
      expect(proxy.dropWatches()).to.be.at.least(4);
      const name = await applyNext();
      expect(proxy.dropWatches()).to.be.at.least(0);
      await expectWhole(name);
    });

    it('answers its writes with 500, 503 and 429 once each: each is done in the end', async () => {
      const answers = [500, 503, 429];
      const end = proxy.onRequest(({ write }) => {
        const status = write === undefined ? undefined : answers.shift();
        return status === undefined ? undefined : { kind: 'Answer', status, headers: { 'retry-after': '1' } };
      });
      const name = await applyNext();
      await expectWhole(name);
      end();
      expect(answers).to.deep.equal([]);
    });

    it('restarts while mirrors are applied and deleted: both are done', async () => {
      await world().cluster.stopApiServer();
      await world().cluster.startApiServer();
      const doomed = `fault-${count}`;
      await world().delete(doomed);
      expect(world().harbor.endpoint(doomed)).to.equal(undefined);
      count -= 1;
      await expectWhole(await applyNext());
    });

    it('forgets what watches would resume from (410 Gone): a deletion in the gap is seen as well', async () => {
      // No watch gets through, so that all of them have to resume from before the compaction.
      const compacted = Promise.withResolvers<undefined>();
      const end = proxy.onRequest(async ({ watch }) => {
        if (watch) await compacted.promise;
        return undefined;
      });
      proxy.dropWatches();
      const deleted = `fault-${count}`;
      await world().cluster.kubectl(['delete', 'registrymirror', deleted, '--wait=false']);
      const name = await applyNext();
      count -= 1;
      await world().cluster.compact();
      compacted.resolve(undefined);
      end();
      await eventually(
        () => {
          expect(world().harbor.endpoint(deleted)).to.equal(undefined);
        },
        { timeoutMs: 30_000 },
      );
      // After a call that was given up, the upstream is left in peace for half a minute.
      await world().until(name, 'Ready', 'True', undefined, 75_000);
      await world().untilImage(`${name}.example.org/a:1`, `harbor.cache.test/${name}/a:1`);
    });
  });
});
