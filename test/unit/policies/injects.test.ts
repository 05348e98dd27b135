import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const PREFIX = 'harbor/a';

describe('whether Pods get the pull Secret', () => {
  it('is so once the policy that gives it is in force, and the one that didn’t has let go of the mirror', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    expect(policies.injects('a', PREFIX)).to.equal(false);
    const before = cluster.set('a');
    policies.decide('a', included(before));
    await cluster.settle(policies);
    expect(policies.servesThrough('a', PREFIX)).to.equal(true);
    expect(policies.injects('a', PREFIX)).to.equal(false);
    const after = cluster.set('a', { pullSecret: 'Inject' });
    policies.decide('a', included(after));
    await policies.sync();
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.state('a').kind).to.equal('inForce');
    expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
    expect(policies.injects('a', PREFIX)).to.equal(false);
    await cluster.settle(policies);
    expect(policies.injects('a', PREFIX)).to.equal(true);
    expect(policies.injects('a', 'harbor/b')).to.equal(false);
  });

  it('is not so as long as an API server may go by the policy that didn’t', async () => {
    const { settleMs, lingerMs, spreadMs } = ENGINES.MutatingAdmissionPolicy.delays;
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const rewrite = { engine: 'MutatingAdmissionPolicy' };
    const before = cluster.set('a', rewrite);
    policies.decide('a', included(before));
    await cluster.settle(policies);
    policies.decide('a', included(cluster.set('a', { ...rewrite, pullSecret: 'Inject' })));
    for (const ms of [settleMs, lingerMs, settleMs]) {
      await policies.sync();
      cluster.pass(ms);
    }
    expect(cluster.listed(homeOf(before), 'MutatingAdmissionPolicy')).to.deep.equal([]);
    expect(policies.state('a').kind).to.equal('inForce');
    expect(policies.injects('a', PREFIX)).to.equal(false);
    cluster.pass(spreadMs);
    expect(policies.injects('a', PREFIX)).to.equal(true);
  });
});
