import { expect } from 'chai';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { Informer } from '../../../../src/kubernetes/cache/informer.js';
import { isKubernetesError } from '../../../../src/kubernetes/errors.js';
import type { InformerEvent } from '../../../../src/kubernetes/cache/informer.js';
import type { InformerOptions } from '../../../../src/kubernetes/cache/informer-options.js';
import type { KubernetesObject, Resource } from '../../../../src/kubernetes/objects.js';
import { resourcePath } from '../../../../src/kubernetes/objects.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../stub-api-server.js';

const THINGS: Resource = { group: 'example.org', version: 'v1', plural: 'things' };
const PATH = resourcePath(THINGS);
const QUICK = { timeoutMs: 4000, intervalMs: 5 };

describe('an informer', () => {
  let server: StubApiServer;
  let informer: Informer<KubernetesObject>;
  let events: InformerEvent<KubernetesObject>[];
  let errors: unknown[];

  function create(name: string): KubernetesObject {
    return server.objects.create(PATH, { metadata: { name } });
  }

  function modify(name: string, labels: Record<string, string>): KubernetesObject {
    return server.objects.replace(PATH, name, { metadata: { name, labels } });
  }

  const told = (): readonly string[] => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  async function untilTold(...expected: readonly string[]): Promise<void> {
    await eventually(() => {
      expect(told()).to.deep.equal(expected);
    }, QUICK);
  }

  async function untilWatching(count = 1): Promise<void> {
    await eventually(() => {
      expect(server.watchRequests.length).to.be.at.least(count);
      expect(server.openWatches).to.equal(1);
    }, QUICK);
  }

  async function start(): Promise<void> {
    informer.start();
    await informer.synced();
    await untilWatching();
  }

  beforeEach(async () => {
    server = await new StubApiServer().start();
    events = [];
    errors = [];
    informer = open({ backoffMs: 10 });
  });

  function open(options: Omit<InformerOptions, 'onError'>): Informer<KubernetesObject> {
    const api = new KubernetesApi(server.kubeConfig());
    const opened = new Informer<KubernetesObject>(api, THINGS, { ...options, onError: (error) => errors.push(error) });
    opened.onChange((event) => events.push(event));
    return opened;
  }

  afterEach(async () => {
    await informer.stop();
    await server.stop();
  });

  it('lists in pages', async () => {
    for (let i = 0; i < 1201; i += 1) create(`thing-${String(i)}`);
    await start();
    expect(informer.list()).to.have.lengthOf(1201);
    expect(server.requests.filter(({ query }) => query.has('limit'))).to.have.lengthOf(3);
    expect(events).to.have.lengthOf(1201);
  });

  it('tells of additions, changes and deletions in their order, with what was before', async () => {
    create('a');
    await start();
    modify('a', { step: '1' });
    create('b');
    server.objects.remove(PATH, 'a');
    await untilTold('ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a');
    expect(events[1]?.previous?.metadata.labels).to.equal(undefined);
    expect(events[3]?.previous?.metadata.labels).to.deep.equal({ step: '1' });
    expect(informer.list().map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
  });

  it('calls the handlers in the order of their registration, after the store has changed', async () => {
    const seen: string[] = [];
    informer.onChange(({ object }) => seen.push(`first ${String(informer.get(object.metadata.name) === object)}`));
    informer.onChange(() => seen.push('second'));
    create('a');
    await start();
    expect(seen).to.deep.equal(['first true', 'second']);
  });

  it('resumes from the last bookmark when the server ends a watch', async () => {
    create('a');
    await start();
    server.objects.create('/apis/example.org/v1/others', { metadata: { name: 'x' } });
    server.bookmark();
    const bookmarked = String(server.objects.version);
    create('b');
    await untilTold('ADDED a', 'ADDED b');
    server.bookmark();
    server.objects.create('/apis/example.org/v1/others', { metadata: { name: 'y' } });
    server.endWatches('softly');
    await untilWatching(2);
    const resumedAt = server.watchRequests[1]?.query.get('resourceVersion');
    expect(Number(resumedAt)).to.equal(Number(bookmarked) + 1);
    expect(server.lists).to.equal(1);
  });

  it('loses nothing that happened between two watches', async () => {
    create('a');
    create('b');
    await start();
    let isDown = true;
    server.fault = () => (isDown ? { kind: 'Reset' } : undefined);
    server.endWatches('hard');
    await eventually(() => {
      expect(errors).to.not.be.empty;
    }, QUICK);
    server.objects.remove(PATH, 'a');
    server.objects.remove(PATH, 'b');
    create('b');
    isDown = false;
    await untilTold('ADDED a', 'ADDED b', 'DELETED a', 'DELETED b', 'ADDED b');
    expect(server.lists).to.equal(1);
  });

  it('takes no half line for an event', async () => {
    await start();
    server.write('{"type":"ADDED","object":{"metadata":{"name":"hal');
    server.endWatches('hard');
    await untilWatching(2);
    create('a');
    await untilTold('ADDED a');
    expect(server.lists).to.equal(1);
  });

  for (const [what, fault] of [
    ['a 500', { kind: 'Answer', status: 500 }],
    ['a 503 without a body', { kind: 'Answer', status: 503, headers: { 'Retry-After': '0' } }],
    ['a reset', { kind: 'Reset' }],
  ] as const) {
    it(`goes on after ${what} without another list`, async () => {
      create('a');
      await start();
      let times = 2;
      server.fault = () => (times-- > 0 ? fault : undefined);
      server.endWatches('hard');
      await eventually(() => {
        expect(times).to.be.at.most(0);
      }, QUICK);
      create('b');
      await untilTold('ADDED a', 'ADDED b');
      expect(server.lists).to.equal(1);
      expect(errors.length).to.be.at.least(2);
    });
  }

  for (const how of ['status', 'event'] as const) {
    it(`lists once more on a 410 that comes as an HTTP ${how}, and tells what is gone as deleted`, async () => {
      create('a');
      create('b');
      create('c');
      await start();
      const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };
      server.fault = ({ query }) => {
        if (!query.has('watch')) return undefined;
        server.fault = () => undefined;
        server.objects.remove(PATH, 'a');
        server.objects.remove(PATH, 'b');
        create('b');
        modify('c', { changed: 'yes' });
        server.objects.compact();
        return how === 'status' ? undefined : { kind: 'Answer', status: 200, body: `${JSON.stringify(gone)}\n` };
      };
      server.endWatches('softly');
      await untilTold('ADDED a', 'ADDED b', 'ADDED c', 'DELETED a', 'DELETED b', 'MODIFIED c', 'ADDED b');
      await untilWatching();
      expect(server.lists).to.equal(2);
    });
  }

  it('tells since when it can’t read, and why, until a watch is open again', async () => {
    let now = 0;
    informer = open({ backoffMs: 1, now: () => now });
    await start();
    now = 60_000;
    expect(informer.trouble).to.equal(undefined);
    server.fault = ({ query }) => (query.has('watch') ? { kind: 'Answer', status: 403 } : undefined);
    server.endWatches('hard');
    await eventually(() => {
      expect(informer.trouble).to.include({ ms: 0 });
    }, QUICK);
    now += 75_000;
    const refusals = errors.length;
    await eventually(() => {
      expect(errors.length).to.be.greaterThan(refusals + 1);
    }, QUICK);
    expect(informer.trouble).to.include({ ms: 75_000 });
    expect(isKubernetesError(informer.trouble?.error, 'forbidden')).to.be.true;
    expect(informer.silentMs).to.equal(0);
    server.fault = () => undefined;
    await untilWatching(2);
    await eventually(() => {
      now += 1_000;
      expect(informer.trouble).to.equal(undefined);
    }, QUICK);
  });

  it('opens a watch on another connection where one is stuck', async () => {
    const timeoutMs = 300;
    const api = new KubernetesApi(server.kubeConfig(), { timeoutMs });
    informer = new Informer<KubernetesObject>(api, THINGS, { backoffMs: 1, onError: (error) => errors.push(error) });
    informer.onChange((event) => events.push(event));
    let stuck: number | undefined;
    server.fault = ({ query, port }) => {
      if (query.has('watch')) stuck ??= port;
      return port === stuck && stuck !== undefined ? { kind: 'Hang' } : undefined;
    };
    await start();
    create('a');
    await untilTold('ADDED a');
    // On a busy machine a connection that isn't stuck may take as long, too: more than one error says nothing.
    expect(errors).to.not.be.empty;
    expect(server.watchRequests.at(-1)?.port).to.not.equal(stuck);
    // One that is open goes on for longer than that.
    const asked = server.watchRequests.length;
    await eventually(() => {
      expect(informer.silentMs).to.be.greaterThan(timeoutMs + 100);
    }, QUICK);
    expect(server.openWatches).to.equal(1);
    expect(server.watchRequests).to.have.lengthOf(asked);
  });

  it('is in trouble while a server ends each watch at once', async () => {
    informer = open({ backoffMs: 1 });
    await start();
    await eventually(() => {
      server.endWatches('softly');
      expect(informer.trouble?.ms).to.be.greaterThan(300);
    }, QUICK);
  });

  it('gives a sign of life with each event, and none while its loop is stuck', async () => {
    let now = 0;
    informer = open({ now: () => now });
    await start();
    now = 500_000;
    expect(informer.silentMs).to.equal(500_000);
    create('a');
    await untilTold('ADDED a');
    expect(informer.silentMs).to.equal(0);
  });

  it('does not list in a loop where each list leads to a 410 again', async () => {
    server.fault = ({ query }) => (query.has('watch') ? { kind: 'Answer', status: 410 } : undefined);
    informer.start();
    const startedAt = performance.now();
    await eventually(() => {
      expect(server.lists).to.be.at.least(7);
    }, QUICK);
    // 10 + 20 + 40 + 80 + 160 ms, or half of it.
    expect(performance.now() - startedAt).to.be.greaterThan(150);
  });

  it('waits as long as Retry-After says', async () => {
    let refusedAt = 0;
    server.fault = () => {
      if (refusedAt > 0) return undefined;
      refusedAt = performance.now();
      return { kind: 'Answer', status: 429, headers: { 'Retry-After': '0.3' } };
    };
    await start();
    expect(performance.now() - refusedAt).to.be.within(290, 3000);
  });

  it('asks a server that ends each watch at once less than 10 times in 2 seconds, also if it sends something first', async () => {
    informer = open({});
    await start();
    const before = server.watchRequests.length;
    const deadline = performance.now() + 2000;
    await eventually(() => {
      server.bookmark();
      server.endWatches('softly');
      expect(performance.now()).to.be.greaterThan(deadline);
    }, QUICK);
    expect(server.watchRequests.length - before).to.be.within(2, 9);
  });

  it('ends everything when it is stopped, and tells of nothing after', async () => {
    await start();
    await informer.stop();
    await eventually(() => {
      expect(server.openWatches).to.equal(0);
    }, QUICK);
    create('a');
    expect(events).to.be.empty;
    expect(errors).to.be.empty;
  });

  it('can be stopped while it lists and while it waits', async () => {
    server.fault = () => ({ kind: 'Hang' });
    informer.start();
    await eventually(() => {
      expect(server.lists).to.equal(1);
    }, QUICK);
    await informer.stop();
    await informer.synced();
    expect(informer.hasSynced).to.be.false;
    expect(errors).to.be.empty;
  });

  it('asks for its selector in lists and watches', async () => {
    informer = open({ labelSelector: 'a/b=c' });
    await start();
    expect(server.requests.map(({ query }) => query.get('labelSelector'))).to.deep.equal(['a/b=c', 'a/b=c']);
  });
});
