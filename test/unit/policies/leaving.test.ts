import { expect } from 'chai';
import { ANNOTATIONS } from '../../../src/api/group.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { ENGINE_KINDS, ENGINES } from '../../../src/engines/engines.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { keyOfPolicy } from '../../../src/policies/observe/live.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;

type ComesAfter = (object: RegistryMirror, cluster: FakePolicyCluster, policies: Policies) => void;

/** What may come after a mirror whose policy is still to be written. */
const AFTER_IT_IS_GONE: Readonly<Record<string, ComesAfter>> = {
  'the watch is late to tell it': () => undefined,
  'somebody makes it anew, whose project isn’t there yet': (object, cluster, policies) => {
    const metadata = { ...object.metadata, uid: `${object.metadata.uid} anew` };
    cluster.mirrorsByName.set(object.metadata.name, { ...object, metadata });
    policies.decide(object.metadata.name, { kind: 'unchanged' });
  },
};

/** Two mirrors in a policy each. While the first of these is written, the other one's mirror is deleted, and counts as out, so that its project may go. */
function deletedWhileAnotherIsWritten(comesAfter: ComesAfter = () => undefined): {
  readonly policies: Policies;
  readonly checkThatItLeft: () => void;
} {
  const cluster = new FakePolicyCluster();
  const policies = cluster.open();
  const objects = { a: cluster.set('a'), b: cluster.set('b', { failurePolicy: 'Ignore' }) };
  for (const object of Object.values(objects)) policies.decide(object.metadata.name, included(object));
  let left: 'a' | 'b' | undefined;
  const states: string[] = [];
  cluster.refuse = ({ entries }) => {
    if (left !== undefined) return undefined;
    left = entries[0]?.mirror === 'a' ? 'b' : 'a';
    const { [left]: object } = objects;
    const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    cluster.mirrorsByName.set(left, { ...object, metadata });
    policies.decide(left, WITHDRAW);
    states.push(policies.state(left).kind);
    comesAfter(object, cluster, policies);
    return undefined;
  };
  const checkThatItLeft = (): void => {
    expect(states).to.deep.equal(['absent']);
    expect(cluster.listed(homeOf(objects[left ?? 'a']))).to.deep.equal([]);
    expect(cluster.writes).to.have.length(1);
  };
  return { policies, checkThatItLeft };
}

describe('a mirror that leaves while policies are written', () => {
  it('is in no policy that was still to be written', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const [a, b] = [cluster.set('a'), cluster.set('b', { failurePolicy: 'Ignore' })];
    policies.decide('a', included(a));
    policies.decide('b', included(b));
    const last = { a: 'b', b: 'a' } as const;
    // The first policy that is written takes its time, and meanwhile the other one's mirror is deleted.
    let left: 'a' | 'b' | undefined;
    cluster.refuse = ({ entries }) => {
      left ??= last[entries[0]?.mirror === 'a' ? 'a' : 'b'];
      policies.decide(left, WITHDRAW);
      return undefined;
    };
    await policies.sync();
    expect(policies.state(left ?? '').kind).to.equal('absent');
    expect(cluster.listed(homeOf(left === 'a' ? a : b))).to.deep.equal([]);
  });

  it('is in none either where it is deleted, which waits for others, whether all or only what can’t wait is written next', async () => {
    for (const isWhole of [true, false]) {
      const { policies, checkThatItLeft } = deletedWhileAnotherIsWritten();
      await policies.sync();
      for (let round = 0; round < 3; round += 1) await policies.sync(isWhole);
      checkThatItLeft();
    }
  });

  for (const [what, comesAfter] of Object.entries(AFTER_IT_IS_GONE)) {
    it(`is in none where it is deleted and gone meanwhile, and ${what}`, async () => {
      const { policies, checkThatItLeft } = deletedWhileAnotherIsWritten((object, cluster, there) => {
        // Its project is deleted, and its finalizer goes.
        there.forget(object.metadata.name);
        comesAfter(object, cluster, there);
      });
      for (let round = 0; round < 3; round += 1) await policies.sync();
      checkThatItLeft();
    });
  }

  for (const engine of ENGINE_KINDS) {
    it(`is not out of a ${engine} while a write that has it is under way, nor until one that was given up on would have been seen`, async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      policies.decide('a', included(cluster.set('a', { engine })));
      const states: string[] = [];
      cluster.refuse = () => {
        policies.decide('a', WITHDRAW);
        states.push(policies.state('a').kind);
        return new KubernetesError('unavailable', 'no answer');
      };
      await policies.sync();
      states.push(policies.state('a').kind);
      cluster.pass(9_999);
      states.push(policies.state('a').kind);
      cluster.pass(1);
      states.push(policies.state('a').kind);
      expect(states).to.deep.equal(['pending', 'pending', 'pending', 'absent']);
    });
  }
});

describe('a mirror that is deleted in the foreground, with a policy that the garbage collector takes away before the operator does,', () => {
  for (const engine of ENGINE_KINDS) {
    it(`is not written into a ${engine} again, which comes back without it while Kyverno is asked for it`, async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const object = cluster.set('a', { engine });
      policies.decide('a', included(object));
      await cluster.settle(policies);
      const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      cluster.mirrorsByName.set('a', { ...object, metadata });
      cluster.pass(60_000);
      cluster.live.clear();
      policies.observe();
      await policies.sync(false);
      expect(cluster.listed(homeOf(object), engine)).to.be.empty;
      // While its webhook asks Kyverno for it, it has to be there: Kyverno would refuse Pods.
      expect(cluster.live.size).to.equal(ENGINES[engine].isKyverno ? 1 : 0);
      policies.decide('a', WITHDRAW);
      policies.observe();
      await policies.sync(false);
      expect(cluster.listed(homeOf(object), engine)).to.be.empty;
      // Its project stays meanwhile.
      expect(policies.state('a').kind).to.equal('pending');
      await cluster.settle(policies);
      cluster.pass(5000);
      expect(policies.state('a').kind).to.equal('absent');
      expect(cluster.live.size).to.equal(0);
    });
  }
});

describe('a policy that the garbage collector takes away while a sync is under way', () => {
  /** More than the turns of the microtask queue that a sync takes. */
  const LONGER_THAN_A_SYNC = 40;

  it('counts as in force for as long as any other, at whatever moment of the sync it goes', async () => {
    for (let moment = 0; moment < LONGER_THAN_A_SYNC; moment += 1) {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const engine = 'MutatingAdmissionPolicy';
      const object = cluster.set('a', { engine });
      policies.decide('a', included(object));
      await cluster.settle(policies);
      cluster.pass(60_000);
      policies.decide('b', included(cluster.set('b', { engine, failurePolicy: 'Ignore' })));
      const syncing = policies.sync();
      for (let turn = 0; turn < moment; turn += 1) await Promise.resolve();
      const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      cluster.mirrorsByName.set('a', { ...object, metadata });
      cluster.live.delete(keyOfPolicy({ kind: engine, name: homeOf(object) }));
      policies.observe();
      await syncing;
      policies.decide('a', WITHDRAW);
      expect(policies.state('a').kind, `after ${moment} turns`).to.equal('pending');
    }
  });
});

describe('a mirror whose policy somebody took it out of, but for the list', () => {
  for (const engine of ENGINE_KINDS) {
    it(`is not out of its ${engine} before that is written anew`, async () => {
      const cluster = new FakePolicyCluster();
      const { status, ...rest } = cluster.set('a', { engine });
      const mirror = { ...rest, status: { ...status, pullPrefix: 'harbor/a' } };
      cluster.mirrorsByName.set('a', mirror);
      const before = cluster.open();
      before.decide('a', included(mirror));
      await cluster.settle(before);
      for (const [key, live] of cluster.live) {
        const annotations = { ...live.object.metadata.annotations, [ANNOTATIONS.mirrors]: '[]' };
        const metadata = { ...live.object.metadata, annotations };
        cluster.live.set(key, { ...live, object: { ...live.object, metadata } });
      }
      // Another replica, which remembers nothing.
      const policies = cluster.open();
      policies.decide('a', WITHDRAW);
      expect(policies.state('a').kind).to.equal('pending');
      await cluster.settle(policies);
      expect(policies.state('a').kind).to.equal('absent');
    });
  }
});
