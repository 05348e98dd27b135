import { expect } from 'chai';
import { Lab, PULL_HOST } from '../lab.js';

const QUAY = { upstream: { type: 'quay' } } as const;

describe('a mirror with onUpstreamUnavailable', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  const withdraws = { ...QUAY, rewrite: { onUpstreamUnavailable: 'Withdraw' } };
  const NEW_PODS = `${PULL_HOST}/quay`;

  async function ready(spec: object): Promise<void> {
    lab.harbor.mapHost('quay.io', {});
    lab.apply('quay', spec);
    await lab.untilReady('quay');
  }

  /** The upstream goes down or up, Harbor has seen it, and the operator reads that. */
  async function upstream(state: 'down' | 'up'): Promise<void> {
    lab.harbor.setUpstream('quay.io', state);
    if (state === 'down') await lab.harbor.refreshStatus();
    lab.pass(600_000);
    await lab.look('quay');
  }

  async function later(ms: number): Promise<void> {
    lab.pass(ms);
    await lab.look('quay');
    lab.policies.takeEffect();
    await lab.look('quay');
  }

  it('Withdraw takes it out once Harbor could not pull for a while, and puts it back once it could for a while', async () => {
    await ready(withdraws);
    await upstream('down');
    expect(lab.says('quay', 'UpstreamReachable')).to.equal('False UpstreamUnhealthy');
    await later(29_000);
    expect([lab.policies.has('quay'), lab.says('quay', 'Ready')]).to.deep.equal([true, 'True Succeeded']);
    await later(1000);
    expect(lab.policies.has('quay')).to.equal(false);
    expect(lab.says('quay', 'Ready')).to.equal('False UpstreamUnhealthy');
    expect(lab.says('quay', 'PolicyReady')).to.equal('False Withdrawn');
    expect(lab.tells('quay', 'Ready')).to.include('New Pods pull from the original registry');
    await upstream('up');
    expect(lab.says('quay', 'UpstreamReachable')).to.equal('True Healthy');
    await later(29_000);
    expect(lab.policies.has('quay')).to.equal(false);
    await later(1000);
    expect(lab.policies.pullPrefix('quay')).to.equal(NEW_PODS);
    expect(lab.says('quay', 'Ready')).to.equal('True Succeeded');
  });

  it('Withdraw keeps it out over a restart of the operator, and while it is suspended', async () => {
    await ready(withdraws);
    await upstream('down');
    await later(30_000);
    lab.restart();
    lab.apply('quay', { ...withdraws, suspend: true });
    await later(1000);
    expect([lab.policies.has('quay'), lab.says('quay', 'PolicyReady')]).to.deep.equal([false, 'False Withdrawn']);
    lab.harbor.setUpstream('quay.io', 'up');
    await lab.harbor.refreshStatus();
    await later(600_000);
    await later(30_000);
    expect(lab.policies.pullPrefix('quay')).to.equal(NEW_PODS);
  });

  it('Withdraw takes out one that is suspended', async () => {
    await ready(withdraws);
    lab.apply('quay', { ...withdraws, suspend: true });
    await upstream('down');
    await later(30_000);
    expect([lab.policies.has('quay'), lab.says('quay', 'PolicyReady')]).to.deep.equal([false, 'False Withdrawn']);
  });

  it('Withdraw doesn’t count a moment in which the upstream failed', async () => {
    await ready(withdraws);
    await upstream('down');
    lab.harbor.setUpstream('quay.io', 'up');
    await later(20_000);
    await upstream('down');
    await later(20_000);
    expect(lab.policies.has('quay')).to.equal(true);
  });

  it('Withdraw counts anew where the operator is restarted while it waits', async () => {
    await ready(withdraws);
    await upstream('down');
    await later(20_000);
    lab.restart();
    await later(20_000);
    expect([lab.policies.has('quay'), lab.says('quay', 'Ready')]).to.deep.equal([true, 'True Succeeded']);
    await later(29_000);
    expect(lab.policies.has('quay')).to.equal(true);
    await later(1000);
    expect([lab.policies.has('quay'), lab.says('quay', 'PolicyReady')]).to.deep.equal([false, 'False Withdrawn']);
  });

  it('Withdraw puts it back where the operator is restarted while it waits for that', async () => {
    await ready(withdraws);
    await upstream('down');
    await later(30_000);
    await upstream('up');
    await later(20_000);
    expect(lab.policies.has('quay')).to.equal(false);
    lab.restart();
    await later(30_000);
    await later(30_000);
    expect(lab.policies.pullPrefix('quay')).to.equal(NEW_PODS);
    expect(lab.says('quay', 'Ready')).to.equal('True Succeeded');
  });

  it('Withdraw takes out one that uses somebody else’s project, and writes nothing for it', async () => {
    lab.harbor.mapHost('quay.io', {});
    lab.apply('theirs', { ...QUAY, rewrite: { engine: 'None' }, project: { name: 'shared' } });
    await lab.look('theirs');
    lab.pass(600_000);
    lab.apply('quay', { ...withdraws, project: { name: 'shared' }, adoptionPolicy: 'Use' });
    await lab.untilReady('quay');
    lab.harbor.resetCounts();
    await upstream('down');
    await later(30_000);
    expect([lab.policies.has('quay'), lab.says('quay', 'Ready')]).to.deep.equal([false, 'False UpstreamUnhealthy']);
    lab.harbor.setUpstream('quay.io', 'up');
    await later(600_000);
    expect(lab.policies.has('quay'), 'Harbor has not looked again').to.equal(false);
    await lab.harbor.refreshStatus();
    await later(600_000);
    await later(30_000);
    expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/shared`);
    expect(lab.harbor.writes()).to.deep.equal([]);
  });

  it('Keep, the default, goes on sending Pods to what is cached', async () => {
    await ready(QUAY);
    await upstream('down');
    await later(600_000);
    expect([lab.policies.has('quay'), lab.says('quay', 'Ready')]).to.deep.equal([true, 'True Succeeded']);
  });

  it('Keep lets one back in that is out', async () => {
    await ready(withdraws);
    await upstream('down');
    await later(30_000);
    lab.apply('quay', QUAY);
    await later(0);
    expect([lab.policies.has('quay'), lab.says('quay', 'Ready')]).to.deep.equal([true, 'True Succeeded']);
  });
});
