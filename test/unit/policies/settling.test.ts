import { mock } from 'node:test';
import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import type { Policies } from '../../../src/policies/policies.js';
import type { RoutingDecision } from '../../../src/policies/state.js';
import { FakePolicyCluster, included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;
const REWRITE = { engine: 'MutatingAdmissionPolicy' };
const { settleMs: SETTLE, spreadMs: SPREAD, lingerMs: LINGER } = ENGINES.MutatingAdmissionPolicy.delays;

describe('a policy that gives no sign of being in force', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  const kindOf = (name: string): string => policies.state(name).kind;

  async function write(name: string, hosts?: readonly string[]): Promise<void> {
    policies.decide(name, included(cluster.set(name, REWRITE, hosts)));
    await policies.sync();
    policies.observe();
  }

  function editByHand(): void {
    const [key = '', live] = [...cluster.live][0] ?? [];
    if (live === undefined) throw new Error('no policy');
    cluster.live.set(key, { ...live, object: { ...live.object, spec: { mutations: [] } } as typeof live.object });
    policies.observe();
  }

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
  });

  it('is in force for a mirror a while after the write that brought it', async () => {
    await write('a');
    cluster.pass(SETTLE - 1);
    expect(kindOf('a')).to.equal('pending');
    cluster.pass(1);
    expect(kindOf('a')).to.equal('inForce');
    expect(cluster.changed.at(-1)).to.equal('a');
  });

  it('is not in force because the watch shows it before the write is answered', async () => {
    const applyPolicy = cluster.applyPolicy.bind(cluster);
    const seen: string[] = [];
    cluster.applyPolicy = async (policy) => {
      const answer = await applyPolicy(policy);
      policies.observe();
      seen.push(kindOf('a'));
      return answer;
    };
    await write('a');
    expect(seen).to.deep.equal(['pending']);
  });

  it('is in force for one mirror although others come, change and go all the time', async () => {
    await write('other');
    await write('a');
    for (let step = 1; step <= 4; step += 1) {
      expect(kindOf('a')).to.equal('pending');
      await write('other', [`step${step}.io`]);
      await write(`new${step}`);
      cluster.pass(SETTLE / 4);
    }
    expect([kindOf('a'), kindOf('new2'), kindOf('new4'), kindOf('other')]).to.deep.equal([
      'inForce',
      'pending',
      'pending',
      'pending',
    ]);
  });

  it('is gone for one mirror although others come all the time', async () => {
    await write('other');
    await write('a');
    cluster.pass(SETTLE);
    policies.decide('a', WITHDRAW);
    await policies.sync();
    for (let step = 1; step <= 4; step += 1) {
      policies.observe();
      expect(kindOf('a')).to.equal('pending');
      await write(`new${step}`);
      cluster.pass(SETTLE / 4);
    }
    expect(kindOf('a')).to.equal('absent');
  });

  it('is gone for a mirror a while after the policy itself is, also after a restart', async () => {
    await write('a');
    cluster.pass(SETTLE);
    policies = cluster.open();
    policies.decide('a', WITHDRAW);
    await policies.sync();
    expect(cluster.live.size).to.equal(0);
    cluster.pass(SETTLE - 1);
    expect(kindOf('a')).to.equal('pending');
    cluster.pass(1);
    expect(kindOf('a')).to.equal('absent');
  });

  it('is not in force for anyone right after an edit of someone else’s was undone', async () => {
    await write('a');
    cluster.pass(SETTLE);
    editByHand();
    policies = cluster.open();
    policies.decide('a', included(cluster.set('a', REWRITE)));
    await policies.sync();
    policies.observe();
    expect(kindOf('a')).to.equal('pending');
    cluster.pass(SETTLE);
    expect(kindOf('a')).to.equal('inForce');
  });

  it('takes its time anew for a mirror that was not in force yet when such an edit was undone', async () => {
    await write('a');
    cluster.pass(SETTLE - 1);
    editByHand();
    await policies.sync();
    cluster.pass(1);
    expect(kindOf('a')).to.equal('pending');
    cluster.pass(SETTLE - 1);
    expect(kindOf('a')).to.equal('inForce');
  });

  it('keeps a moving mirror in its old policy for longer, whatever others do', async () => {
    await write('a');
    cluster.pass(SETTLE);
    policies.decide('a', included(cluster.set('a', { ...REWRITE, failurePolicy: 'Ignore' })));
    await policies.sync();
    expect(cluster.live.size).to.equal(2);
    cluster.pass(SETTLE - 1);
    await policies.sync();
    expect(cluster.live.size).to.equal(2);
    cluster.pass(1);
    expect(kindOf('a')).to.equal('inForce');
    await policies.sync();
    expect(cluster.live.size).to.equal(2);
    cluster.pass(LINGER);
    await policies.sync();
    expect(cluster.live.size).to.equal(1);
  });
});

describe('an API server that goes by what was there before for longer than its policy’s state says', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;

  const standing = (): readonly unknown[] => [policies.state('a').kind, policies.outdatedForMs('a')];

  async function decide(decision: RoutingDecision): Promise<void> {
    policies.decide('a', decision);
    await policies.sync();
    policies.observe();
  }

  async function pass(ms: number): Promise<void> {
    cluster.pass(ms);
    await policies.sync();
  }

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    await decide(included(cluster.set('a', REWRITE)));
  });

  it('is not reckoned with for a mirror that is new', async () => {
    await pass(SPREAD - 1);
    expect(standing()).to.deep.equal(['inForce', 1]);
    policies.decide('b', included(cluster.set('b', REWRITE)));
    await pass(1);
    expect([policies.state('b').kind, policies.outdatedForMs('b')]).to.deep.equal(['pending', 0]);
  });

  it('may still send Pods to a place that the mirror has moved away from', async () => {
    await pass(SPREAD);
    const decision = included(cluster.set('a', REWRITE));
    if (decision.kind !== 'include') throw new Error('not included');
    const before = { pullPrefix: decision.entry.pullPrefix };
    await decide({ ...decision, entry: { ...decision.entry, pullPrefix: 'harbor/elsewhere' } });
    await pass(SETTLE);
    expect(standing()).to.deep.equal(['inForce', SPREAD - SETTLE]);
    await pass(SPREAD - SETTLE - 1);
    expect(policies.maySendTo('a', before)).to.equal(true);
    await pass(1);
    expect(policies.maySendTo('a', before)).to.equal(false);
  });

  for (const [how, leave] of [
    ['the operator takes it out', async () => decide(WITHDRAW)],
    [
      'somebody deletes the policy',
      async () => {
        policies.decide('a', WITHDRAW);
        cluster.live.clear();
        policies.observe();
        await policies.sync();
      },
    ],
  ] as const) {
    it(`may still send Pods for a mirror that has left its policy, where ${how}`, async () => {
      await pass(SPREAD);
      await leave();
      await pass(SETTLE);
      expect(standing()).to.deep.equal(['absent', SPREAD - SETTLE]);
      await pass(SPREAD - SETTLE - 1);
      expect(standing()).to.deep.equal(['absent', 1]);
      await pass(1);
      expect(standing()).to.deep.equal(['absent', 0]);
    });
  }

  it('may still send Pods after a restart of the operator, which knows nothing of the last writes', async () => {
    await pass(SPREAD);
    await decide(WITHDRAW);
    policies = cluster.open();
    await decide(WITHDRAW);
    expect(standing()).to.deep.equal(['absent', SPREAD]);
    await pass(SPREAD);
    expect(standing()).to.deep.equal(['absent', 0]);
  });

  it('is not reckoned with for a mirror that has another engine, or where the cluster has no such policies', () => {
    policies = cluster.open();
    cluster.set('b');
    expect([policies.outdatedForMs('a'), policies.outdatedForMs('b')]).to.deep.equal([SPREAD, 0]);
    cluster.missing.add('MutatingAdmissionPolicy');
    policies.observe();
    expect(policies.outdatedForMs('a')).to.equal(0);
  });
});

describe('a wall clock that is set back an hour', () => {
  const HOUR = 3_600_000;

  afterEach(() => {
    mock.timers.reset();
  });

  for (const engine of ['ClusterPolicy', 'MutatingAdmissionPolicy'] as const) {
    it(`delays neither the settling of a policy nor its retirement, with ${engine}`, async () => {
      mock.timers.enable({ apis: ['Date'], now: 10 * HOUR });
      const cluster = new FakePolicyCluster();
      const policies = cluster.open();
      policies.decide('a', included(cluster.set('a', { engine })));
      await policies.sync();
      mock.timers.setTime(9 * HOUR);
      cluster.kyvernoActs();
      cluster.pass(SETTLE);
      expect(policies.state('a').kind).to.equal('inForce');
      policies.decide('a', WITHDRAW);
      await policies.sync();
      mock.timers.setTime(8 * HOUR);
      await cluster.settle(policies);
      cluster.pass(SETTLE);
      expect(policies.state('a').kind).to.equal('absent');
      expect(cluster.live.size).to.equal(0);
    });
  }
});
