import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { ENGINE_KINDS, ENGINES } from '../../../src/engines/engines.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

/** A write that the API server has not answered yet. */
interface WriteUnderWay {
  /** The API server carries it out. */
  readonly land: () => Promise<void>;
  /** The client hears of it: that it was carried out, or nothing until it gives up. */
  readonly answer: (error?: Error) => void;
  readonly synced: Promise<number>;
}

/** Syncs until the one write that this takes is under way. */
async function writeUnderWay(cluster: FakePolicyCluster, policies: Policies): Promise<WriteUnderWay> {
  const apply = cluster.applyPolicy.bind(cluster);
  const { promise: begun, resolve: begin } = Promise.withResolvers<() => Promise<void>>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<Error | undefined>();
  cluster.applyPolicy = async (policy) => {
    cluster.applyPolicy = apply;
    const landed = Promise.withResolvers<Awaited<ReturnType<typeof apply>>>();
    begin(async () => {
      landed.resolve(await apply(policy));
    });
    const error = await answered;
    if (error !== undefined) throw error;
    return await landed.promise;
  };
  const synced = policies.sync();
  return { land: await begun, answer, synced };
}

function deleteMirror(cluster: FakePolicyCluster, policies: Policies, object: RegistryMirror): void {
  const { name } = object.metadata;
  const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  cluster.mirrorsByName.set(name, { ...object, metadata });
  policies.decide(name, { kind: 'withdraw' });
}

const NO_ANSWER = new KubernetesError('unavailable', 'no answer');
/** Longer than a write that was given up on may come late. */
const LATE_MS = 10_000;

for (const engine of ENGINE_KINDS) {
  describe(`a ${engine} that somebody deletes while a write of it, for another mirror, is under way`, () => {
    let cluster: FakePolicyCluster;
    let policies: Policies;
    let a: RegistryMirror;
    const isOut = (): boolean => policies.state('a').kind === 'absent' && policies.outdatedForMs('a') === 0;

    beforeEach(async () => {
      cluster = new FakePolicyCluster();
      policies = cluster.open();
      a = cluster.set('a', { engine });
      policies.decide('a', included(a));
      await cluster.settle(policies);
      cluster.pass(60_000);
      policies.decide('b', included(cluster.set('b', { engine })));
    });

    function deletePolicy(): void {
      cluster.live.clear();
      cluster.kyvernoActs();
      policies.observe();
    }

    it('is not left by a mirror that is deleted then, since the write makes it anew', async () => {
      const { land, answer, synced } = await writeUnderWay(cluster, policies);
      deletePolicy();
      deleteMirror(cluster, policies, a);
      cluster.pass(60_000);
      expect(isOut(), 'before it is answered').to.equal(false);
      await land();
      answer();
      await synced;
      expect(cluster.listed(homeOf(a), engine)).to.include('a');
      expect(isOut(), 'when it is answered').to.equal(false);
      await cluster.settle(policies);
      cluster.pass(60_000);
      expect(isOut(), 'at last').to.equal(true);
      expect(cluster.listed(homeOf(a), engine)).to.deep.equal(['b']);
    });

    for (const when of ['before', 'after'] as const) {
      it(`is not left by it before a write that was given up on would have come, where it is deleted ${when} that`, async () => {
        const { answer, synced } = await writeUnderWay(cluster, policies);
        if (when === 'before') deletePolicy();
        answer(NO_ANSWER);
        await synced;
        if (when === 'after') deletePolicy();
        deleteMirror(cluster, policies, a);
        const { silenceMs, spreadMs } = ENGINES[engine].delays;
        expect(isOut(), 'at once').to.equal(false);
        cluster.pass(Math.max(silenceMs, spreadMs) - 1);
        expect(isOut(), 'before').to.equal(false);
        cluster.pass(LATE_MS);
        expect(isOut(), 'after').to.equal(true);
      });
    }
  });
}

describe('a ClusterPolicy that the garbage collector takes away just before the answer to a write of it', () => {
  it('comes back without mirrors while Kyverno is asked for it', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const [a, b] = [cluster.set('a'), cluster.set('b')];
    policies.decide('a', included(a));
    await cluster.settle(policies);
    policies.decide('b', included(b));
    const { land, answer, synced } = await writeUnderWay(cluster, policies);
    await land();
    cluster.kyvernoActs();
    cluster.live.clear();
    policies.observe();
    answer();
    await synced;
    for (const object of [a, b]) deleteMirror(cluster, policies, object);
    await policies.sync();
    expect(cluster.live.size).to.equal(1);
    expect(cluster.listed(homeOf(a))).to.deep.equal([]);
    await cluster.settle(policies);
    expect(cluster.live.size).to.equal(0);
  });
});
