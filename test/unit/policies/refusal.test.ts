import { expect } from 'chai';
import { readEntries } from '../../../src/engines/metadata/annotations.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;
const MINUTE_MS = 60_000;

describe('a policy that is refused', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let home: string;
  let tries: number;

  const kindOf = (name: string): string => policies.state(name).kind;
  const has = ({ object }: RenderedPolicy, mirror: string, host?: string): boolean =>
    (readEntries(object) ?? []).some(
      (entry) => entry.mirror === mirror && (host === undefined || entry.hosts.includes(host)),
    );

  function put(...names: readonly string[]): void {
    for (const name of names) policies.decide(name, included(cluster.set(name)));
  }

  function refuseWhere(isBad: (policy: RenderedPolicy) => boolean): void {
    cluster.refuse = (policy) => {
      tries += 1;
      return isBad(policy) ? new KubernetesError('invalid', 'Kyverno says no', 422) : undefined;
    };
  }

  /** As the trigger does: as long as a sync is to be followed by another at once. */
  async function sync(): Promise<void> {
    for (let round = 0; round < 500; round += 1) {
      const wakeInMs = await policies.sync();
      cluster.kyvernoActs();
      policies.observe();
      if (wakeInMs > 0) return;
    }
    throw new Error('does not end');
  }

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    home = homeOf(cluster.set('a'));
    tries = 0;
    put('a', 'b', 'c');
    await cluster.settle(policies);
  });

  it('stalls the mirror that it is refused for, by name, and serves all others', async () => {
    refuseWhere((policy) => has(policy, 'm13'));
    const names = Array.from({ length: 40 }, (_, i) => `m${i}`);
    put(...names);
    await sync();
    expect(policies.state('m13')).to.include({ kind: 'failed', stalled: true, reason: 'PolicyRefused' });
    expect(policies.state('m13')).to.have.property('message').that.includes('Kyverno says no').and.includes(home);
    for (const name of [...names.filter((one) => one !== 'm13'), 'a', 'b', 'c'])
      expect(kindOf(name), name).to.equal('inForce');
    expect(tries).to.be.at.most(14);
  });

  it('finds several that it is refused for', async () => {
    const bad = ['m3', 'm4', 'm31'];
    refuseWhere((policy) => bad.some((name) => has(policy, name)));
    put(...Array.from({ length: 40 }, (_, i) => `m${i}`));
    await sync();
    expect([...cluster.mirrorsByName.keys()].filter((name) => kindOf(name) !== 'inForce')).to.have.members(bad);
  });

  it('lets those go at once that are to leave', async () => {
    refuseWhere((policy) => has(policy, 'bad'));
    put('bad');
    policies.decide('a', WITHDRAW);
    await sync();
    expect(cluster.listed(home)).to.deep.equal(['b', 'c']);
    cluster.pass(1_000);
    expect(kindOf('a')).to.equal('absent');
    policies.decide('b', WITHDRAW);
    await sync();
    expect(cluster.listed(home)).to.deep.equal(['c']);
    expect(kindOf('bad')).to.equal('failed');
  });

  it('takes others in and out meanwhile, and does not try again what is refused', async () => {
    refuseWhere((policy) => has(policy, 'bad'));
    put('bad');
    await sync();
    tries = 0;
    for (const name of ['d', 'e', 'f']) {
      put(name);
      await sync();
      expect(kindOf(name)).to.equal('inForce');
    }
    expect(tries).to.equal(3);
  });

  it('keeps what a mirror has where its new entry is refused', async () => {
    refuseWhere((policy) => has(policy, 'a', 'bad.io'));
    policies.decide('a', included(cluster.set('a', {}, ['bad.io'])));
    await sync();
    expect(cluster.listed(home)).to.deep.equal(['a', 'b', 'c']);
    expect(kindOf('a')).to.equal('failed');
    expect(
      policies.serves({ mirror: 'a', host: 'a.io', prefix: '' }) ||
        policies.serves({ mirror: 'a', host: 'bad.io', prefix: '' }),
    ).to.be.true;
    policies.decide('a', included(cluster.set('a', {}, ['good.io'])));
    await sync();
    expect(kindOf('a')).to.equal('inForce');
  });

  it('is tried again after a minute, and then less and less often', async () => {
    refuseWhere((policy) => has(policy, 'bad'));
    put('bad');
    await sync();
    const times: number[] = [];
    for (let minute = 1; minute <= 20; minute += 1) {
      tries = 0;
      cluster.pass(MINUTE_MS);
      await sync();
      if (tries > 0) times.push(minute);
    }
    expect(times).to.deep.equal([1, 3, 7, 15]);
    cluster.refuse = () => undefined;
    cluster.pass(16 * MINUTE_MS);
    await sync();
    expect(kindOf('bad')).to.equal('inForce');
  });

  it('is said to be so for all that are new in it where it is refused whatever it has, at the cost of a write a minute', async () => {
    cluster.refuse = () => {
      tries += 1;
      return new KubernetesError('forbidden', 'clusterpolicies is forbidden', 403);
    };
    put('d', 'e');
    for (let event = 0; event < 20; event += 1) await sync();
    expect(tries).to.equal(1);
    expect(policies.state('d')).to.have.property('message').that.includes('clusterpolicies is forbidden');
    expect(kindOf('a') + kindOf('d') + kindOf('e')).to.equal('inForcefailedfailed');
    cluster.dues = 0;
    for (let minute = 1; minute <= 10; minute += 1) {
      cluster.pass(MINUTE_MS);
      await sync();
    }
    expect(tries).to.be.at.most(11);
    cluster.refuse = () => undefined;
    cluster.pass(MINUTE_MS);
    await sync();
    expect(kindOf('d') + kindOf('e')).to.equal('inForceinForce');
  });

  it('is asked for again once for each time, whatever the number of events before', async () => {
    refuseWhere((policy) => has(policy, 'bad'));
    put('bad');
    for (let event = 0; event < 20; event += 1) await sync();
    cluster.dues = 0;
    for (let second = 0; second < 60; second += 1) cluster.pass(1000);
    expect(cluster.dues).to.equal(1);
  });

  it('is halved where it is too large for a proxy or for etcd', async () => {
    cluster.refuse = ({ entries }) =>
      entries.length > 30 ? new KubernetesError('unexpected', 'Request entity too large', 413) : undefined;
    put(...Array.from({ length: 20 }, (_, i) => `m${i}`));
    await sync();
    cluster.refuse = ({ entries }) =>
      entries.length > 30 ? new KubernetesError('unavailable', 'etcdserver: request is too large', 500) : undefined;
    put(...Array.from({ length: 40 }, (_, i) => `m${i}`));
    await sync();
    expect(cluster.listed(home)).to.have.length(30);
  });
});
