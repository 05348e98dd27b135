import { expect } from 'chai';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { keyOfPolicy } from '../../../src/policies/observe/live.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

/** Somebody has given all policies a finalizer: a deletion only begins, and no write ends it. */
function holdAll(cluster: FakePolicyCluster): void {
  cluster.alter = (object) => {
    const { deletionTimestamp } = cluster.live.get(`${object.kind}/${object.metadata.name}`)?.object.metadata ?? {};
    return deletionTimestamp === undefined
      ? object
      : { ...object, metadata: Object.assign({ deletionTimestamp }, object.metadata) };
  };
  cluster.deletePolicy = (kind, name) => {
    const key = keyOfPolicy({ kind, name });
    const live = cluster.live.get(key);
    if (live === undefined) return Promise.resolve();
    const { conditions } = live;
    const metadata = { ...live.object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    cluster.live.set(key, { kind, conditions, object: { ...live.object, metadata } });
    return Promise.resolve();
  };
}

for (const engine of ENGINE_KINDS) {
  describe(`a ${engine} that is deleted, and that somebody's finalizer holds`, () => {
    it('loses its mirrors, who are not out before and do not wait for it, and is deleted once', async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const object = cluster.set('a', { engine });
      policies.decide('a', included(object));
      await cluster.settle(policies);
      holdAll(cluster);
      const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      cluster.mirrorsByName.set('a', { ...object, metadata });
      policies.decide('a', { kind: 'withdraw' });
      cluster.writes.length = 0;
      for (let round = 0; round < 10; round += 1) {
        if (policies.state('a').kind === 'absent') expect(cluster.listed(homeOf(object), engine)).to.deep.equal([]);
        await policies.sync();
        cluster.kyvernoActs();
        cluster.pass(1500);
      }
      expect(policies.state('a')).to.deep.equal({ kind: 'absent' });
      expect(cluster.live.get(keyOfPolicy({ kind: engine, name: homeOf(object) }))?.binding).to.equal(undefined);
      expect(cluster.writes.filter((write) => write.startsWith('DeletePolicy'))).to.have.length(1);
      expect(cluster.writes.filter((write) => write.startsWith('ApplyPolicy'))).to.have.length(1);
    });

    it('leaves no binding behind when a mirror that came into it meanwhile has left, too', async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const [a, b] = [cluster.set('a', { engine }), cluster.set('b', { engine })];
      policies.decide('a', included(a));
      await cluster.settle(policies);
      holdAll(cluster);
      const key = keyOfPolicy({ kind: engine, name: homeOf(a) });
      const leave = async (name: string): Promise<void> => {
        policies.decide(name, { kind: 'withdraw' });
        await cluster.settle(policies);
        expect(policies.state(name).kind).to.equal('absent');
        expect(cluster.listed(homeOf(a), engine)).to.deep.equal([]);
        expect(cluster.live.get(key)).to.not.have.property('binding');
      };
      await leave('a');
      policies.decide('b', included(b));
      await cluster.settle(policies);
      expect(policies.state('b').kind).to.equal('inForce');
      await leave('b');
    });
  });
}
