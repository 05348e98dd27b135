import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;
const UNCHANGED = { kind: 'unchanged' } as const;

describe('the policies of all mirrors', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let home: string;

  const kindOf = (name: string): string => policies.state(name).kind;

  async function serving(...names: readonly string[]): Promise<void> {
    for (const name of names) policies.decide(name, included(cluster.set(name)));
    await cluster.settle(policies);
    for (const name of names) expect(kindOf(name)).to.equal('inForce');
    cluster.writes.length = 0;
    cluster.changed = [];
    cluster.dues = 0;
  }

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    home = homeOf(cluster.set('probe'));
    cluster.mirrorsByName.clear();
  });

  it('take many decisions in by one write', async () => {
    for (let i = 0; i < 20; i += 1) policies.decide(`m${i}`, included(cluster.set(`m${i}`)));
    expect(cluster.dues).to.equal(20);
    await policies.sync();
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${home}`]);
    expect(cluster.listed(home)).to.have.length(20);
  });

  it('write nothing where nothing changed', async () => {
    await serving('a', 'b');
    policies.decide('a', included(cluster.set('a')));
    policies.decide('b', UNCHANGED);
    await policies.sync();
    expect(cluster.writes).to.be.empty;
    expect(kindOf('a') + kindOf('b')).to.equal('inForceinForce');
  });

  it('are pending since the first moment until the webhook has exactly this content', async () => {
    policies.decide('a', included(cluster.set('a')));
    await policies.sync();
    cluster.pass(500);
    policies.observe();
    expect(policies.state('a')).to.deep.include({ kind: 'pending', forMs: 500 });
    cluster.kyvernoActs();
    cluster.changed = [];
    policies.observe();
    expect(policies.state('a')).to.deep.equal({ kind: 'inForce', policy: { kind: 'ClusterPolicy', name: home } });
    expect(cluster.changed).to.deep.equal(['a']);
  });

  it('leave a mirror in force while others are added', async () => {
    await serving('a');
    policies.decide('b', included(cluster.set('b')));
    await policies.sync();
    policies.observe();
    expect(kindOf('a')).to.equal('inForce');
    expect(kindOf('b')).to.equal('pending');
    expect(cluster.changed).to.not.include('a');
  });

  it('tell of a mirror that stands otherwise although in the same way', async () => {
    cluster.missing.add('ClusterPolicy');
    policies.decide('a', included(cluster.set('a')));
    await policies.sync();
    expect(policies.state('a')).to.include({ kind: 'failed', reason: 'EngineUnavailable' });
    cluster.missing.clear();
    cluster.refuse = () => new KubernetesError('invalid', 'Kyverno says no');
    cluster.changed = [];
    await policies.sync();
    expect(policies.state('a')).to.include({ kind: 'failed', reason: 'PolicyRefused' });
    expect(cluster.changed).to.deep.equal(['a']);
    cluster.changed = [];
    policies.observe();
    expect(cluster.changed).to.be.empty;
  });

  it('tell of a mirror whose policy could not be written, and why', async () => {
    cluster.refuse = () => new KubernetesError('unavailable', 'etcd is full');
    policies.decide('a', included(cluster.set('a')));
    cluster.changed = [];
    await policies.sync();
    expect(policies.state('a')).to.have.property('message').that.includes('etcd is full');
    expect(cluster.changed).to.deep.equal(['a']);
  });

  it('do not call an edited entry in force before it is', async () => {
    await serving('a');
    policies.decide('a', included(cluster.set('a', {}, ['a.io', 'more.io'])));
    expect(kindOf('a')).to.equal('pending');
    await policies.sync();
    expect(kindOf('a')).to.equal('pending');
    cluster.kyvernoActs();
    policies.observe();
    expect(kindOf('a')).to.equal('inForce');
  });

  it('keep a mirror as it is where its look says so, whatever became of its hosts in the spec', async () => {
    await serving('a');
    cluster.set('a', {}, ['edited.io']);
    policies.decide('a', UNCHANGED);
    await policies.sync();
    expect(cluster.writes).to.be.empty;
    expect(policies.serves({ mirror: 'a', host: 'a.io', prefix: '' })).to.be.true;
    expect(policies.serves({ mirror: 'a', host: 'edited.io', prefix: '' })).to.be.false;
  });

  it('take a mirror out although it is to be kept before that is written', async () => {
    await serving('a', 'b');
    policies.decide('a', WITHDRAW);
    policies.decide('a', UNCHANGED);
    await policies.sync();
    expect(cluster.listed(home)).to.deep.equal(['b']);
  });

  it('put no mirror in by keeping it', async () => {
    cluster.set('a');
    policies.decide('a', UNCHANGED);
    await policies.sync();
    expect(cluster.writes).to.be.empty;
    expect(kindOf('a')).to.equal('absent');
  });

  it('call a mirror absent only when the webhook has not its content any more', async () => {
    await serving('a', 'b');
    policies.decide('a', WITHDRAW);
    expect(kindOf('a')).to.equal('pending');
    await policies.sync();
    expect(cluster.listed(home)).to.deep.equal(['b']);
    expect(kindOf('a')).to.equal('pending');
    cluster.pass(1_500);
    cluster.kyvernoActs();
    policies.observe();
    expect(kindOf('a')).to.equal('absent');
    expect(kindOf('b')).to.equal('inForce');
  });

  it('call a mirror absent only when all replicas of Kyverno have had the time to hear of it', async () => {
    await serving('a', 'b');
    policies.decide('a', WITHDRAW);
    await policies.sync();
    expect(await policies.sync(), 'looks again after').to.be.within(1, 1_000);
    cluster.pass(500);
    cluster.kyvernoActs();
    policies.observe();
    expect(kindOf('a')).to.equal('pending');
    expect(await policies.sync(), 'looks again after').to.be.within(1, 500);
    cluster.pass(500);
    await policies.sync();
    expect(kindOf('a')).to.equal('absent');
  });

  it('wait for the webhook of a policy, too, that someone else has deleted', async () => {
    await serving('a');
    cluster.pass(10_000);
    cluster.live.clear();
    policies.observe();
    policies.decide('a', WITHDRAW);
    await policies.sync();
    expect(kindOf('a')).to.equal('pending');
    cluster.kyvernoActs();
    policies.observe();
    cluster.pass(1_000);
    expect(kindOf('a')).to.equal('absent');
  });

  it('delete one that nobody needs, whatever became of the write of another', async () => {
    policies.decide('a', included(cluster.set('a', { engine: 'MutatingAdmissionPolicy' })));
    await cluster.settle(policies);
    for (const error of [
      new KubernetesError('unavailable', 'the webhook of Kyverno is down', 500),
      new KubernetesError('unexpected', 'Request entity too large', 413),
    ]) {
      policies.decide('a', WITHDRAW);
      policies.decide('b', included(cluster.set('b')));
      cluster.refuse = ({ kind }) => (kind === 'ClusterPolicy' ? error : undefined);
      cluster.pass(60_000);
      await policies.sync();
      expect(cluster.live.size, error.message).to.equal(0);
    }
    expect(cluster.problems).to.have.length(2);
    cluster.refuse = () => undefined;
    cluster.pass(60_000);
    await cluster.settle(policies);
    expect([...cluster.live.keys()]).to.deep.equal([`ClusterPolicy/${home}`]);
  });

  it('let the last mirror take its policy away, empty first', async () => {
    await serving('a');
    policies.decide('a', WITHDRAW);
    await policies.sync();
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${home}`]);
    expect(cluster.listed(home)).to.be.empty;
    await cluster.settle(policies);
    expect(cluster.writes.at(-1)).to.equal(`DeletePolicy ${home}`);
    expect(cluster.live.size).to.equal(0);
    expect(kindOf('a')).to.equal('absent');
  });

  it('take a mirror out whose object is gone', async () => {
    await serving('a', 'b');
    cluster.mirrorsByName.delete('a');
    policies.forget('a');
    expect(cluster.dues).to.equal(1);
    await policies.sync();
    expect(cluster.listed(home)).to.deep.equal(['b']);
  });

  it('undo an edit, and a deletion', async () => {
    await serving('a');
    const [key = '', live] = [...cluster.live][0] ?? [];
    if (live === undefined) throw new Error('no policy');
    cluster.live.set(key, { ...live, object: { ...live.object, spec: { rules: [] } } as typeof live.object });
    policies.observe();
    await policies.sync();
    cluster.live.clear();
    policies.observe();
    expect(kindOf('a')).to.equal('pending');
    await policies.sync();
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${home}`, `ApplyPolicy ${home}`]);
    policies.observe();
    expect(kindOf('a')).to.equal('inForce');
  });

  it('say what failed for now, try that again after a while, and keep meanwhile what moves to it', async () => {
    await serving('a', 'b');
    policies.decide('a', included(cluster.set('a', { failurePolicy: 'Ignore' })));
    policies.decide('b', WITHDRAW);
    cluster.refuse = ({ name }) =>
      name === home ? undefined : new KubernetesError('unavailable', 'the webhook of Kyverno is down');
    await policies.sync();
    expect(cluster.problems.join()).to.include('the webhook of Kyverno is down');
    expect(cluster.writes).to.deep.equal([`ApplyPolicy ${home}`]);
    expect(cluster.listed(home)).to.deep.equal(['a']);
    expect(policies.state('a')).to.have.property('message').that.includes('the webhook of Kyverno is down');
    await policies.sync();
    expect(cluster.problems, 'not at once').to.have.length(1);
    cluster.refuse = () => undefined;
    cluster.pass(60_000);
    await cluster.settle(policies);
    expect(kindOf('a') + kindOf('b')).to.equal('inForceabsent');
  });
});
