import { expect } from 'chai';
import { ENGINE_KINDS, ENGINES } from '../../../src/engines/engines.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;
const FORBIDDEN = 'mutatingpolicies is forbidden';

describe('policies that can’t be read', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  async function restarted(): Promise<void> {
    policies = cluster.open();
    await policies.sync();
    policies.observe();
  }

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    for (const name of ['old', 'new']) policies.decide(name, included(cluster.set(name, { engine: 'MutatingPolicy' })));
    policies.decide('other', included(cluster.set('other')));
    await cluster.settle(policies);
    cluster.unreadable.set('MutatingPolicy', FORBIDDEN);
    cluster.writes.length = 0;
  });

  it('may have a mirror: a deletion right after a restart doesn’t find it gone', async () => {
    await restarted();
    policies.decide('old', WITHDRAW);
    await policies.sync();
    expect(policies.state('old'))
      .to.include({ kind: 'unknown' })
      .and.to.have.property('message')
      .that.includes(FORBIDDEN);
    expect(policies.served('old')).to.include({ kind: 'unknown' });
    cluster.unreadable.clear();
    await cluster.settle(policies);
    expect(policies.state('old').kind).to.equal('absent');
    expect(cluster.listed(homeOf(cluster.set('new', { engine: 'MutatingPolicy' })), 'MutatingPolicy')).to.deep.equal([
      'new',
    ]);
  });

  it('are neither written nor deleted, while those of other kinds are', async () => {
    await restarted();
    policies.decide('new', included(cluster.set('new', { engine: 'MutatingPolicy' }, ['changed.io'])));
    policies.decide('more', included(cluster.set('more')));
    await policies.sync();
    cluster.kyvernoActs();
    policies.observe();
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${homeOf(cluster.set('other'))}`]);
    expect(policies.state('new').kind).to.equal('unknown');
    expect(policies.state('more').kind).to.equal('inForce');
  });

  it('leave the others’ rules as they are: what is more specific in them is still left alone', async () => {
    cluster.unreadable.clear();
    const everything = cluster.set('everything', {}, ['shared.io']);
    const team = cluster.set('team', { engine: 'MutatingPolicy', repositories: { include: ['team/**'] } }, [
      'shared.io',
    ]);
    for (const mirror of [everything, team]) policies.decide(mirror.metadata.name, included(mirror));
    await cluster.settle(policies);
    cluster.unreadable.set('MutatingPolicy', FORBIDDEN);
    cluster.writes.length = 0;
    await restarted();
    expect(cluster.writes).to.be.empty;
  });

  it('say nothing of a mirror that the policies which can be read have', async () => {
    await restarted();
    expect(policies.state('other').kind).to.equal('inForce');
    expect(policies.served('other').kind).to.equal('served');
  });

  it('do not say who has a host, whatever the status said last', async () => {
    const mirror = cluster.set('old', { engine: 'MutatingPolicy' });
    const conditions = [
      {
        type: 'PolicyReady',
        status: 'True',
        reason: 'InForce',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ] as const;
    cluster.mirrorsByName.set('old', { ...mirror, status: { ...mirror.status, hosts: ['old.io'], conditions } });
    await restarted();
    expect(policies.serves({ mirror: 'old', host: 'old.io', prefix: '' })).to.equal('unknown');
    expect(policies.serves({ mirror: 'other', host: 'old.io', prefix: '' })).to.equal(false);
  });

  it('are nowhere where the API server has no such kind', async () => {
    cluster.unreadable.clear();
    cluster.missing.add('MutatingPolicy');
    await restarted();
    policies.decide('old', WITHDRAW);
    expect(policies.state('old').kind).to.equal('absent');
  });
});

describe('a mirror that is to go', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    policies.decide('a', included(cluster.set('a')));
    await cluster.settle(policies);
  });

  it('does not wait for policies that never had it', async () => {
    policies.decide('b', included(cluster.set('b', { engine: 'MutatingPolicy' })));
    await policies.sync();
    // Kyverno never shows that one.
    policies.decide('c', included(cluster.set('c')));
    policies.decide('c', WITHDRAW);
    await policies.sync();
    expect(policies.state('b').kind).to.equal('pending');
    expect(policies.state('c').kind).to.equal('absent');
  });

  it('is gone at once where Kyverno’s APIs are gone, whatever its webhooks say', () => {
    cluster.missing.add('ClusterPolicy').add('MutatingPolicy');
    policies.observe();
    policies.decide('a', WITHDRAW);
    expect(policies.state('a').kind).to.equal('absent');
  });

  it('is gone once the policy is without it where Kyverno’s webhooks are gone', async () => {
    cluster.withoutWebhooks();
    policies.observe();
    expect(policies.state('a').kind).to.equal('pending');
    policies.decide('a', WITHDRAW);
    await policies.sync();
    cluster.pass(9_000);
    expect(policies.state('a').kind).to.equal('pending');
    cluster.pass(1_000);
    expect(policies.state('a').kind).to.equal('absent');
    await policies.sync();
    cluster.pass(1_000);
    await policies.sync();
    expect(cluster.live.size).to.equal(0);
  });

  it('waits, after a restart, for a webhook of its policy whose content nobody knows any more', async () => {
    const mirror = cluster.set('a');
    const policy = { kind: 'ClusterPolicy', name: homeOf(mirror) } as const;
    cluster.mirrorsByName.set('a', { ...mirror, status: { ...mirror.status, policy } });
    cluster.set('never');
    cluster.live.clear();
    policies = cluster.open();
    for (const name of ['a', 'never']) policies.decide(name, WITHDRAW);
    await policies.sync();
    expect(policies.state('a').kind).to.equal('pending');
    expect(policies.state('never').kind).to.equal('absent');
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.state('a').kind).to.equal('absent');
  });
});

describe('a policy of ours that somebody else changes', () => {
  it('is written once and taken as it is where another webhook takes its label, and is named in the log', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    cluster.alter = (object) => ({ ...object, metadata: { ...object.metadata, labels: {} } });
    for (const name of ['a', 'b']) policies.decide(name, included(cluster.set(name)));
    const home = homeOf(cluster.set('a'));
    await cluster.settle(policies);
    for (let event = 0; event < 5; event += 1) {
      policies.observe();
      await policies.sync();
    }
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${home}`]);
    expect(cluster.altered).to.deep.equal([home]);
    expect(policies.state('a').kind).to.equal('inForce');
    policies.decide('a', WITHDRAW);
    await cluster.settle(policies);
    expect(policies.state('a').kind).to.equal('absent');
    policies.decide('b', WITHDRAW);
    await cluster.settle(policies);
    expect(cluster.live.size).to.equal(0);
  });

  it('keeps the settings that it has of a mirror that stays as it is', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    policies.decide('a', included(cluster.set('a')));
    await cluster.settle(policies);
    cluster.writes.length = 0;
    cluster.set('a', { pullSecret: 'Inject', failurePolicy: 'Ignore' });
    policies.decide('a', { kind: 'unchanged' });
    await cluster.settle(policies);
    const restarted = cluster.open();
    restarted.decide('a', { kind: 'unchanged' });
    await cluster.settle(restarted);
    expect(cluster.writes).to.be.empty;
    expect(restarted.state('a').kind).to.equal('inForce');
    expect([...restarted.injectedPrefixes('a')]).to.be.empty;
  });
});

describe('a policy that somebody deletes while it can’t be read', () => {
  for (const engine of ENGINE_KINDS) {
    it(`counts as in force for as long as any other ${engine} once its kind can be read again`, async () => {
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      policies.decide('a', included(cluster.set('a', { engine })));
      await cluster.settle(policies);
      cluster.pass(60_000);
      cluster.unreadable.set(engine, FORBIDDEN);
      policies.observe();
      await policies.sync();
      cluster.live.clear();
      policies.observe();
      cluster.unreadable.clear();
      policies.observe();
      policies.decide('a', WITHDRAW);
      expect(policies.state('a').kind).to.equal('pending');
      cluster.kyvernoActs();
      cluster.pass(ENGINES[engine].isKyverno ? 0 : ENGINES[engine].delays.spreadMs - 1);
      policies.observe();
      expect(policies.outdatedForMs('a')).to.equal(ENGINES[engine].isKyverno ? 0 : 1);
      cluster.pass(1);
      expect(policies.state('a').kind).to.equal('absent');
      expect(policies.outdatedForMs('a')).to.equal(0);
    });
  }
});
