import { expect } from 'chai';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { clusterIdOnceAnswered } from '../../../src/kubernetes/cluster-id.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { StubApiServer } from './stub-api-server.js';

describe('the id of the cluster, which a replica asks for that has just been given the lease', () => {
  let server: StubApiServer;
  let waits: number[];

  /** Asks by a clock that only waiting makes go on. */
  async function ask(): Promise<unknown> {
    const passed = (): number => waits.reduce((sum, ms) => sum + ms, 0);
    const wait = (ms: number): Promise<void> => {
      if (waits.length > 100) throw new Error('It waits for ever.');
      waits.push(ms);
      return Promise.resolve();
    };
    const { signal } = new AbortController();
    const asking = { signal, onError: () => undefined, now: passed, wait };
    return await clusterIdOnceAnswered(new KubernetesApi(server.kubeConfig()), asking).catch((error: unknown) => error);
  }

  beforeEach(async () => {
    waits = [];
    server = await new StubApiServer().start();
  });
  afterEach(async () => {
    await server.stop();
  });

  it('is asked for again and again for a minute, and then no more: another replica may be answered', async () => {
    server.fault = () => ({ kind: 'Answer', status: 500 });
    expect(await ask())
      .to.be.instanceOf(KubernetesError)
      .with.property('status', 500);
    expect(waits).to.deep.equal(Array.from({ length: 60 }, () => 1000));
  });

  const asked: readonly (readonly [seconds: string, waits: readonly number[]])[] = [
    ['20', [20_000, 20_000, 20_000]],
    ['3600', [60_000]],
  ];
  for (const [seconds, expected] of asked) {
    it(`is asked for no sooner than the API server says, but for within that minute: after ${seconds} s`, async () => {
      server.fault = () => ({ kind: 'Answer', status: 429, headers: { 'Retry-After': seconds } });
      expect(await ask())
        .to.be.instanceOf(KubernetesError)
        .with.property('status', 429);
      expect(waits).to.deep.equal(expected);
    });
  }
});
