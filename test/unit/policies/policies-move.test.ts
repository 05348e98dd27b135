import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { ENGINES } from '../../../src/engines/engines.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;

describe('a mirror that moves from one policy to another', () => {
  for (const [from, to] of [
    ['Fail', 'Ignore'],
    ['Ignore', 'Fail'],
  ] as const) {
    it(`is in both until the new one is in force, from ${from} to ${to}`, async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const before = cluster.set('a', { failurePolicy: from });
      policies.decide('a', included(before));
      await cluster.settle(policies);
      const after = cluster.set('a', { failurePolicy: to });
      policies.decide('a', included(after));
      await policies.sync();
      policies.observe();
      expect([cluster.listed(homeOf(before)), cluster.listed(homeOf(after))]).to.deep.equal([['a'], ['a']]);
      expect(policies.state('a')).to.deep.include({ kind: 'pending' });
      await policies.sync();
      expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
      cluster.kyvernoActs();
      cluster.dues = 0;
      policies.observe();
      expect(cluster.dues).to.equal(1);
      expect(policies.state('a')).to.have.nested.property('policy.name', homeOf(after));
      await cluster.settle(policies);
      expect([...cluster.live.keys()]).to.deep.equal([`ClusterPolicy/${homeOf(after)}`]);
      expect(policies.state('a').kind).to.equal('inForce');
    });

    it(`stays where it is and says so while the new policy is refused, from ${from} to ${to}`, async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      const before = cluster.set('a', { failurePolicy: from });
      policies.decide('a', included(before));
      await cluster.settle(policies);
      const after = cluster.set('a', { failurePolicy: to });
      cluster.refuse = ({ name }) =>
        name === homeOf(after) ? new KubernetesError('invalid', 'Kyverno says no') : undefined;
      policies.decide('a', included(after));
      await policies.sync();
      expect(policies.state('a')).to.deep.include({ kind: 'failed', stalled: true, reason: 'PolicyRefused' });
      expect(policies.state('a')).to.have.property('message').that.includes('Kyverno says no');
      expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
      cluster.refuse = () => undefined;
      cluster.pass(60_000);
      await cluster.settle(policies);
      expect(policies.state('a')).to.have.nested.property('policy.name', homeOf(after));
    });
  }

  it('stays in the old one a little longer than until the new one shows, since Kyverno compiles beside that', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const before = cluster.set('a');
    policies.decide('a', included(before));
    await cluster.settle(policies);
    policies.decide('a', included(cluster.set('a', { failurePolicy: 'Ignore' })));
    await policies.sync();
    cluster.kyvernoActs();
    policies.observe();
    await policies.sync();
    cluster.dues = 0;
    cluster.pass(ENGINES.ClusterPolicy.delays.lingerMs - 1);
    await policies.sync();
    expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
    cluster.pass(1);
    expect(cluster.dues).to.be.at.least(1);
    await policies.sync();
    expect(cluster.listed(homeOf(before))).to.deep.equal([]);
  });

  it('is not in force while the old one can’t be written, and so sends Pods as before', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const before = cluster.set('a');
    policies.decide('a', included(before));
    await cluster.settle(policies);
    cluster.refuse = ({ name }) => (name === homeOf(before) ? new KubernetesError('forbidden', 'no') : undefined);
    policies.decide('a', included(cluster.set('a', { failurePolicy: 'Ignore' })));
    await policies.sync();
    cluster.kyvernoActs();
    cluster.pass(ENGINES.ClusterPolicy.delays.lingerMs);
    expect(policies.state('a').kind).to.equal('inForce');
    await policies.sync();
    cluster.pass(ENGINES.ClusterPolicy.delays.lingerMs);
    await policies.sync();
    expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
    const state = policies.state('a');
    expect(state.kind).to.equal('pending');
    expect(state).to.have.property('message').that.includes(homeOf(before)).and.includes('no');
    cluster.refuse = () => undefined;
    cluster.pass(60_000);
    await cluster.settle(policies);
    expect(policies.state('a').kind).to.equal('inForce');
  });

  it('moves although the operator was restarted meanwhile, without a decision', async () => {
    const cluster = new FakePolicyCluster();
    const first = cluster.open();
    first.decide('a', included(cluster.set('a')));
    await cluster.settle(first);
    const after = cluster.set('a', { failurePolicy: 'Ignore' });
    first.decide('a', included(after));
    await first.sync();
    const second = cluster.open();
    await cluster.settle(second);
    expect([...cluster.live.keys()]).to.deep.equal([`ClusterPolicy/${homeOf(after)}`]);
    expect(second.state('a').kind).to.equal('inForce');
  });
});

describe('policies that the cluster cannot have', () => {
  it('are failed where the API is missing, with what the cluster can do', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    cluster.missing.add('ClusterPolicy').add('MutatingPolicy');
    policies.decide('a', included(cluster.set('a')));
    await policies.sync();
    const state = policies.state('a');
    expect(state).to.include({ kind: 'failed', stalled: true, reason: 'EngineUnavailable' });
    expect('message' in state && state.message).to.match(/one of: MutatingAdmissionPolicy, None\./);
    expect(cluster.writes).to.be.empty;
    cluster.missing.clear();
    await cluster.settle(policies);
    expect(policies.state('a').kind).to.equal('inForce');
  });

  it('wait where the API is away for a moment, and are written as soon as it is back', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    cluster.refuse = () => new KubernetesError('notFound', 'PATCH /x: HTTP 404', 404);
    policies.decide('a', included(cluster.set('a')));
    await policies.sync();
    const { kind } = policies.state('a');
    expect(kind).to.equal('pending');
    cluster.refuse = () => undefined;
    cluster.now += 1_000;
    await cluster.settle(policies);
    expect(policies.state('a').kind).to.equal('inForce');
  });

  it('do not hold up other policies', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    cluster.missing.add('MutatingPolicy');
    policies.decide('bad', included(cluster.set('bad', { engine: 'MutatingPolicy' })));
    policies.decide('good', included(cluster.set('good')));
    policies.decide('gone', WITHDRAW);
    cluster.set('gone');
    await cluster.settle(policies);
    expect(['bad', 'good', 'gone'].map((name) => policies.state(name).kind)).to.deep.equal([
      'failed',
      'inForce',
      'absent',
    ]);
  });
});

describe('policies after a restart', () => {
  it('are as their annotations say, without a write and before any look', async () => {
    const cluster = new FakePolicyCluster();
    const first = cluster.open();
    for (const name of ['a', 'b']) first.decide(name, included(cluster.set(name)));
    await cluster.settle(first);
    cluster.writes.length = 0;
    const second = cluster.open();
    expect(second.serves({ mirror: 'a', host: 'a.io', prefix: '' })).to.be.true;
    expect(second.served('a')).to.have.nested.property('entry.pullPrefix', 'harbor/a');
    expect(second.state('a').kind).to.equal('inForce');
    await second.sync();
    expect(cluster.writes).to.be.empty;
    expect(second.state('a').kind).to.equal('inForce');
  });

  it('lose mirrors that were deleted meanwhile', async () => {
    const cluster = new FakePolicyCluster();
    const first = cluster.open();
    for (const name of ['a', 'b']) first.decide(name, included(cluster.set(name)));
    await cluster.settle(first);
    cluster.mirrorsByName.delete('a');
    const second = cluster.open();
    await second.sync();
    expect(cluster.listed(homeOf(cluster.set('b')))).to.deep.equal(['b']);
  });

  it('take a mirror out at once that was edited to engine None meanwhile', async () => {
    const cluster = new FakePolicyCluster();
    const first = cluster.open();
    first.decide('a', included(cluster.set('a')));
    await cluster.settle(first);
    cluster.set('a', { engine: 'None' });
    const second = cluster.open();
    await cluster.settle(second);
    expect(cluster.live.size).to.equal(0);
  });
});
