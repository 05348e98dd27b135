import { expect } from 'chai';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const MINUTE = 60_000;
const STEP = 250;
const WITHDRAW = { kind: 'withdraw' } as const;

describe('a policy that a program changes each time that the operator has written it', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let home: string;
  /** What the program makes of the policy. */
  let undo: () => void;

  const state = (name: string): unknown => {
    const found = policies.state(name);
    return 'reason' in found ? found.reason : found.kind;
  };

  /** Adds what the operator writes nothing of, as the API server's managed fields tell. */
  function addToSpec(): void {
    for (const [key, live] of cluster.live)
      cluster.live.set(key, { ...live, object: { ...live.object }, editors: ['tuner'] });
  }

  /** Lets time go by: the program acts a moment after each write, if at all, and the operator whenever it hears of anything. */
  async function pass(ms: number): Promise<void> {
    let writes = cluster.writes.length;
    for (let passed = 0; passed < ms; passed += STEP) {
      cluster.pass(STEP);
      if (cluster.writes.length > writes) {
        undo();
        policies.observe();
        writes = cluster.writes.length;
      }
      await policies.sync();
      cluster.kyvernoActs();
      policies.observe();
    }
  }

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    undo = addToSpec;
    home = homeOf(cluster.set('a'));
    for (const name of ['a', 'b']) policies.decide(name, included(cluster.set(name)));
    await cluster.settle(policies);
    cluster.writes.length = 0;
  });

  const PROGRAMS: readonly (readonly [string, () => void, string])[] = [
    [
      'adds to its spec',
      () => {
        addToSpec();
      },
      'tuner changes',
    ],
    [
      'replaces its spec',
      () => {
        for (const [key, live] of cluster.live) {
          cluster.live.set(key, { ...live, object: { ...live.object, spec: { rules: [] } } as typeof live.object });
        }
      },
      'Somebody changes',
    ],
    [
      'deletes it',
      () => {
        cluster.live.clear();
      },
      'Somebody changes or deletes',
    ],
  ];
  for (const [what, act, said] of PROGRAMS) {
    it(`is written ever less often by the operator, whose mirrors say so, where it ${what}`, async () => {
      undo = act;
      undo();
      policies.observe();
      await pass(10 * MINUTE);
      expect(cluster.writes.length).to.be.within(10, 20);
      expect([state('a'), state('b')]).to.deep.equal(['PolicyOverwritten', 'PolicyOverwritten']);
      expect(policies.state('a')).to.have.property('message').that.includes(said).and.includes(home);
      undo = () => undefined;
      await pass(MINUTE + 15_000);
      expect([state('a'), state('b')]).to.deep.equal(['inForce', 'inForce']);
      const { length } = cluster.writes;
      await pass(MINUTE);
      expect(cluster.writes).to.have.length(length);
    });
  }

  it('loses a mirror that is withdrawn at once all the same', async () => {
    undo();
    policies.observe();
    await pass(5 * MINUTE);
    const { length } = cluster.writes;
    policies.decide('a', WITHDRAW);
    await policies.sync();
    expect(cluster.writes).to.have.length(length + 1);
    expect(cluster.listed(home)).to.deep.equal(['b']);
  });

  it('tells each mirror once, and once more when it is over', async () => {
    undo();
    policies.observe();
    await pass(MINUTE);
    const told = (): readonly unknown[] =>
      cluster.looks
        .filter(({ mirror }) => mirror === 'a')
        .map((look) => ('reason' in look.state ? look.state.reason : look.state.kind))
        .filter((kind) => kind === 'PolicyOverwritten');
    expect(told()).to.have.length(1);
    await pass(5 * MINUTE);
    expect(told()).to.have.length(1);
  });
});

describe('a policy that a person edits now and then', () => {
  it('is mended at once each time, and nobody is told of a program', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    policies.decide('a', included(cluster.set('a')));
    await cluster.settle(policies);
    cluster.writes.length = 0;
    for (let edit = 1; edit <= 10; edit += 1) {
      for (const [key, live] of cluster.live)
        cluster.live.set(key, { ...live, object: { ...live.object }, editors: ['kubectl-edit'] });
      policies.observe();
      await policies.sync();
      expect(cluster.writes).to.have.length(edit);
      cluster.kyvernoActs();
      cluster.pass(15_000);
      expect(policies.state('a').kind).to.equal('inForce');
    }
  });
});
