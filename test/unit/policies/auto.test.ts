import { expect } from 'chai';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, included } from './policy-cluster.js';

describe('a mirror with engine Auto', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
  });

  async function decided(...missing: readonly PolicyEngine[]): Promise<void> {
    for (const kind of missing) cluster.missing.add(kind);
    policies.decide('a', included(cluster.set('a', { engine: 'Auto' })));
    await cluster.settle(policies);
  }

  /** The kinds of the policies that have the mirror. */
  const kinds = (): readonly PolicyEngine[] =>
    [...cluster.live.values()].filter(({ object }) => JSON.stringify(object).includes('"a"')).map(({ kind }) => kind);

  it('gets a policy of the best kind that the cluster has, and says why', async () => {
    await decided();
    expect(kinds()).to.deep.equal(['MutatingAdmissionPolicy']);
    expect(policies.state('a')).to.have.nested.property('policy.because').that.includes('needs no Kyverno');
  });

  it('is in both policies until the better one is in force, when the cluster gets another kind', async () => {
    await decided('MutatingPolicy', 'MutatingAdmissionPolicy');
    expect(kinds()).to.deep.equal(['ClusterPolicy']);
    expect(policies.state('a')).to.have.nested.property('policy.because').that.includes('no MutatingAdmissionPolicy');
    cluster.missing.delete('MutatingPolicy');
    policies.observe();
    await policies.sync();
    expect(kinds()).to.have.members(['ClusterPolicy', 'MutatingPolicy']);
    await policies.sync();
    expect(kinds()).to.have.members(['ClusterPolicy', 'MutatingPolicy']);
    await cluster.settle(policies);
    expect(kinds()).to.deep.equal(['MutatingPolicy']);
    expect(policies.state('a')).to.have.nested.property('policy.kind', 'MutatingPolicy');
  });

  it('goes on to the better one after a restart in the middle of the move', async () => {
    await decided('MutatingPolicy', 'MutatingAdmissionPolicy');
    cluster.missing.delete('MutatingPolicy');
    await policies.sync();
    policies = cluster.open();
    policies.observe();
    await cluster.settle(policies);
    expect(kinds()).to.deep.equal(['MutatingPolicy']);
  });

  it('takes another kind where its own is gone, also while nothing is decided of it', async () => {
    await decided('MutatingAdmissionPolicy');
    expect(kinds()).to.deep.equal(['MutatingPolicy']);
    policies.decide('a', { kind: 'unchanged' });
    cluster.missing.add('MutatingPolicy');
    policies.observe();
    await cluster.settle(policies);
    expect(kinds()).to.include('ClusterPolicy');
    expect(policies.state('a')).to.have.nested.property('policy.kind', 'ClusterPolicy');
  });

  it('stays where it is while its own kind can not be read', async () => {
    await decided('MutatingAdmissionPolicy');
    cluster.unreadable.set('MutatingPolicy', 'forbidden');
    policies.observe();
    await policies.sync();
    expect(kinds()).to.deep.equal(['MutatingPolicy']);
    expect(policies.state('a').kind).to.equal('unknown');
  });

  it('is stalled with what each kind needs where the cluster has none', async () => {
    await decided('ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy');
    expect(policies.state('a')).to.deep.include({ kind: 'failed', reason: 'EngineUnavailable' });
    expect(policies.state('a')).to.have.property('message').that.includes('Kubernetes 1.36');
  });
});
