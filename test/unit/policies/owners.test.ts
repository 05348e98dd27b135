import { expect } from 'chai';
import type { OwnerReference } from '../../../src/api/object-meta.js';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

describe('the mirrors that own a policy', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
  });

  async function include(name: string, engine: PolicyEngine = 'ClusterPolicy'): Promise<string> {
    const object = cluster.set(name, { engine });
    policies.decide(name, included(object));
    await cluster.settle(policies);
    return `${engine}/${homeOf(object)}`;
  }

  type Found = NonNullable<ReturnType<FakePolicyCluster['live']['get']>>;

  function found(key: string): Found {
    const live = cluster.live.get(key);
    if (live === undefined) throw new Error(`there is no ${key}`);
    return live;
  }

  const owners = (key: string): readonly string[] =>
    (found(key).object.metadata.ownerReferences ?? []).map(({ name, uid }) => `${name} ${uid}`);

  /** What somebody, or the garbage collector, makes of a policy's owners. */
  function edit(key: string, change: (owners: readonly OwnerReference[]) => readonly OwnerReference[]): void {
    const live = found(key);
    const { metadata } = live.object;
    const ownerReferences = change(metadata.ownerReferences ?? []);
    cluster.live.set(key, { ...live, object: { ...live.object, metadata: { ...metadata, ownerReferences } } });
    cluster.writes.length = 0;
  }

  for (const engine of ENGINE_KINDS) {
    it(`are those that it lists, by name and uid, and no deletion waits for it, with ${engine}`, async () => {
      await include('b', engine);
      const key = await include('a', engine);
      const { object, binding } = found(key);
      const reference = (name: string): object => ({
        apiVersion: 'registrymirror.io/v1alpha1',
        kind: 'RegistryMirror',
        name,
        uid: `uid-${name}`,
      });
      expect(object.metadata.ownerReferences).to.deep.equal([reference('a'), reference('b')]);
      if (engine === 'MutatingAdmissionPolicy')
        expect(binding?.metadata.ownerReferences).to.deep.equal(object.metadata.ownerReferences);
    });
  }

  it('are fewer by the one that leaves, in the same write', async () => {
    const key = await include('a');
    await include('b');
    cluster.writes.length = 0;
    policies.decide('a', { kind: 'withdraw' });
    await cluster.settle(policies);
    expect(owners(key)).to.deep.equal(['b uid-b']);
    expect(cluster.writes).to.have.length(1);
  });

  it('are written again where somebody took one away', async () => {
    const key = await include('a');
    await include('b');
    edit(key, (all) => all.slice(1));
    await cluster.settle(policies);
    expect(owners(key)).to.deep.equal(['a uid-a', 'b uid-b']);
    expect(cluster.writes).to.have.length(1);
  });

  it('are new where a mirror was deleted and is there again, with the same name and another uid', async () => {
    const key = await include('a');
    const object = cluster.set('a');
    cluster.mirrorsByName.set('a', { ...object, metadata: { ...object.metadata, uid: 'another' } });
    await cluster.settle(policies);
    expect(owners(key)).to.deep.equal(['a another']);
  });

  for (const [what, change] of Object.entries<(all: readonly OwnerReference[]) => readonly OwnerReference[]>({
    'the order that the API server keeps them in': (all) => all.toReversed(),
    'an owner that somebody added': (all) => [...all, { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }],
  })) {
    it(`cost no write after a restart, whatever ${what}`, async () => {
      await include('a');
      edit(await include('b'), change);
      policies = cluster.open();
      await cluster.settle(policies);
      expect(cluster.writes).to.deep.equal([]);
    });
  }

  describe('whose last one is deleted', () => {
    /** As it is while its finalizers hold it. */
    function remove(name: string, ...finalizers: readonly string[]): void {
      const object = cluster.set(name);
      const metadata = { ...object.metadata, finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' };
      cluster.mirrorsByName.set(name, { ...object, metadata });
      policies.decide(name, { kind: 'withdraw' });
    }

    it('stay its owners while it has no mirrors any more, so that it goes with them where the operator ends', async () => {
      const key = await include('a');
      remove('a');
      await policies.sync();
      expect(cluster.listed(homeOf(cluster.set('a')))).to.deep.equal([]);
      expect(owners(key)).to.deep.equal(['a uid-a']);
    });

    it('are those only that are there: for one that is gone, the policy would be deleted at once', async () => {
      const key = await include('a');
      await include('b');
      remove('b');
      cluster.mirrorsByName.delete('a');
      policies.forget('a');
      await policies.sync();
      expect(owners(key)).to.deep.equal(['b uid-b']);
    });

    it('are none that is deleted in the foreground, for which the policy would be deleted at once, too', async () => {
      const key = await include('a');
      remove('a', 'foregroundDeletion');
      await policies.sync();
      expect(cluster.live.has(key)).to.equal(true);
      expect(owners(key)).to.deep.equal([]);
    });

    it('are told when the policy is gone, and not before', async () => {
      const key = await include('a');
      remove('a');
      await policies.sync();
      cluster.kyvernoActs();
      cluster.pass(1500);
      expect(policies.state('a')).to.deep.equal({
        kind: 'absent',
        emptied: { kind: 'ClusterPolicy', name: 'registry-mirrors' },
      });
      await policies.sync();
      cluster.pass(1500);
      // The watch shows a deletion later than the answer to it.
      const deletions: string[] = [];
      cluster.deletePolicy = (_kind, name) => {
        deletions.push(name);
        return Promise.resolve();
      };
      await policies.sync();
      expect(deletions).to.deep.equal(['registry-mirrors']);
      expect(policies.state('a')).to.have.property('emptied');
      cluster.changed = [];
      cluster.live.delete(key);
      policies.observe();
      expect(policies.state('a')).to.deep.equal({ kind: 'absent' });
      expect(cluster.changed).to.include('a');
    });

    it('are told so, too, by an operator that started when the policy had no mirrors any more', async () => {
      const other = cluster.set('b', { failurePolicy: 'Ignore' });
      policies.decide('b', included(other));
      const key = await include('a');
      remove('a');
      await policies.sync();
      // Kyverno has no webhook for what matches nothing.
      cluster.withoutWebhooks();
      policies = cluster.open();
      policies.decide('a', { kind: 'withdraw' });
      policies.observe();
      expect(policies.state('a')).to.have.property('emptied');
      cluster.changed = [];
      cluster.live.delete(key);
      policies.observe();
      expect(policies.state('a')).to.deep.equal({ kind: 'absent' });
      expect(cluster.changed).to.deep.equal(['a']);
    });

    it('are told why the policy is still there', async () => {
      await include('a');
      remove('a');
      cluster.deletePolicy = () => Promise.reject(new KubernetesError('forbidden', 'not allowed'));
      for (let round = 0; round < 3; round += 1) {
        await policies.sync();
        cluster.kyvernoActs();
        cluster.pass(1500);
      }
      const state = policies.state('a');
      expect(state.kind === 'absent' && state.emptied?.message).to.include('not allowed');
    });
  });

  it('change nothing of when the policy is in force', async () => {
    const key = await include('a');
    const before = found(key).conditions;
    const object = cluster.set('a');
    cluster.mirrorsByName.set('a', { ...object, metadata: { ...object.metadata, uid: 'another' } });
    await policies.sync();
    expect(policies.state('a').kind).to.equal('inForce');
    expect(found(key).conditions).to.deep.equal(before);
  });
});
