import { expect } from 'chai';
import { worthALookInMs } from '../../../src/policies/timing/grace.js';
import type { Policies } from '../../../src/policies/policies.js';
import type { Pace } from '../../../src/policies/state.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;

describe('what is decided and can wait for others to share its write with', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let home: string;

  /** How what was decided last is to be written. */
  const pace = (): Pace | undefined => cluster.paces.at(-1);

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    const first = cluster.set('first');
    home = homeOf(first);
    policies.decide('first', included(first));
    await cluster.settle(policies);
    cluster.writes.length = 0;
  });

  it('is a new mirror, and is pending meanwhile', async () => {
    policies.decide('new', included(cluster.set('new')));
    expect(pace()).to.equal('together');
    await policies.sync(false);
    expect(cluster.writes).to.be.empty;
    expect(policies.state('new').kind).to.equal('pending');
    await policies.sync();
    expect(cluster.listed(home)).to.have.members(['first', 'new']);
  });

  it('is a mirror that is deleted: its project stays until no policy sends Pods there', async () => {
    const object = cluster.set('first');
    const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    cluster.mirrorsByName.set('first', { ...object, metadata });
    policies.decide('first', WITHDRAW);
    expect(pace()).to.equal('together');
    await policies.sync(false);
    expect(cluster.listed(home)).to.deep.equal(['first']);
    expect(policies.state('first').kind).to.equal('pending');
    await policies.sync();
    expect(cluster.listed(home)).to.be.empty;
  });

  it('is no mirror that is to leave because Pods can’t pull through it', async () => {
    policies.decide('new', included(cluster.set('new')));
    policies.decide('first', WITHDRAW);
    expect(pace()).to.equal('atOnce');
    await policies.sync(false);
    expect(cluster.listed(home)).to.be.empty;
  });

  it('is no mirror that a policy may have already, which somebody’s edit made unreadable', async () => {
    for (const [key, policy] of cluster.live) {
      const { metadata } = policy.object;
      const annotations = { ...metadata.annotations, 'registrymirror.io/settings': '{' };
      cluster.live.set(key, { ...policy, object: { ...policy.object, metadata: { ...metadata, annotations } } });
    }
    const restarted = cluster.open();
    const first = cluster.mirrorsByName.get('first');
    if (first === undefined) throw new Error('The mirror is gone.');
    restarted.decide('first', included(first));
    expect(pace()).to.equal('atOnce');
    await restarted.sync(false);
    expect(cluster.listed(home)).to.deep.equal(['first']);
  });

  it('is no edit of a mirror that serves', async () => {
    policies.decide('new', included(cluster.set('new')));
    policies.decide('first', included(cluster.set('first', {}, ['other.io'])));
    expect(pace()).to.equal('atOnce');
    await policies.sync(false);
    expect(JSON.stringify([...cluster.live.values()])).to.include('other.io');
    expect(cluster.listed(home)).to.deep.equal(['first']);
  });

  it('is only what changes something: what a new process confirms of a policy holds up no edit', async () => {
    const second = cluster.set('second', { engine: 'Auto' });
    policies.decide('second', included(second));
    await cluster.settle(policies);
    const first = cluster.mirrorsByName.get('first');
    if (first === undefined) throw new Error('The mirror is gone.');
    const restarted = cluster.open();
    restarted.decide('first', included(first));
    expect(pace(), 'as it was').to.equal('soon');
    restarted.decide('second', included(second));
    expect(pace(), 'the engine that it was given').to.equal('soon');
    restarted.decide('none', WITHDRAW);
    expect(pace(), 'in no policy').to.equal('soon');
    restarted.decide('first', included(cluster.set('first', { failurePolicy: 'Ignore' })));
    expect(pace(), 'edited').to.equal('atOnce');
    restarted.decide('second', WITHDRAW);
    expect(pace(), 'withdrawn').to.equal('atOnce');
  });

  it('is forgotten where it is taken back before it was written', async () => {
    policies.decide('new', included(cluster.set('new')));
    policies.decide('new', WITHDRAW);
    await policies.sync();
    expect(cluster.writes).to.be.empty;
    expect(policies.state('new').kind).to.equal('absent');
  });

  it('needs no look at the mirror when it is written, but when it is in force', async () => {
    policies.decide('new', included(cluster.set('new')));
    cluster.looks.length = 0;
    await cluster.settle(policies);
    const looks = cluster.looks.filter(({ mirror }) => mirror === 'new').map(({ state }) => worthALookInMs(state));
    expect(looks).to.deep.equal([2000, 0]);
  });
});
