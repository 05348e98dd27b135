import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { Policies } from '../../../src/policies/policies.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { RoutingDecision } from '../../../src/policies/state.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const OLD = 'harbor/old';
const NEW = 'harbor/new';

/** The decision to include a mirror with Pods sent to this place. */
function includedAt(object: RegistryMirror, pullPrefix: string): RoutingDecision {
  const decision = included(object);
  return decision.kind === 'include' ? { ...decision, entry: { ...decision.entry, pullPrefix } } : decision;
}

describe('whether Pods may still be sent to a place', () => {
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let before: RegistryMirror;

  beforeEach(async () => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    before = cluster.set('a');
    policies.decide('a', includedAt(before, OLD));
    await cluster.settle(policies);
  });

  it('is so until the webhook has shown for a second the policy that sends them elsewhere', async () => {
    expect([policies.maySendTo('a', { pullPrefix: OLD }), policies.maySendTo('a', { pullPrefix: NEW })]).to.deep.equal([
      true,
      false,
    ]);
    policies.decide('a', includedAt(before, NEW));
    await policies.sync();
    policies.observe();
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.state('a').kind).to.equal('inForce');
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
    cluster.pass(1_000);
    expect([policies.maySendTo('a', { pullPrefix: OLD }), policies.maySendTo('a', { pullPrefix: NEW })]).to.deep.equal([
      false,
      true,
    ]);
  });

  describe('of a project of one name, in whatever Harbor', () => {
    it('is known of all mirrors at once', async () => {
      const other = cluster.set('b', { failurePolicy: 'Ignore' });
      policies.decide('b', includedAt(other, 'elsewhere:5000/old'));
      await cluster.settle(policies);
      expect([...policies.sentTo('old')]).to.have.members(['a', 'b']);
      policies.decide('a', includedAt(before, NEW));
      expect([...policies.sentTo('old')]).to.have.members(['a', 'b']);
      await cluster.settle(policies);
      const found = ['old', 'new', 'none'].map((project) => [...policies.sentTo(project)]);
      expect(found).to.deep.equal([['b'], ['a'], []]);
    });

    it('is so until the webhook has shown for a second the policy that sends them elsewhere', async () => {
      policies.decide('a', includedAt(before, NEW));
      await policies.sync();
      cluster.pass(10_000);
      await policies.sync();
      expect([...policies.sentTo('old')]).to.include('a');
      policies.decide('a', includedAt(before, 'harbor/newer'));
      await policies.sync();
      cluster.kyvernoActs();
      policies.observe();
      expect(policies.state('a').kind).to.equal('inForce');
      await policies.sync();
      expect([...policies.sentTo('new')]).to.include('a');
      cluster.pass(1_000);
      expect([...policies.sentTo('old'), ...policies.sentTo('new')]).to.deep.equal([]);
    });

    it('is so for 15 s after a restart of all that are in a MutatingAdmissionPolicy, which may have sent them elsewhere', async () => {
      const object = cluster.set('b', { engine: 'MutatingAdmissionPolicy' });
      policies.decide('b', includedAt(object, OLD));
      await cluster.settle(policies);
      cluster.pass(20_000);
      policies.decide('b', includedAt(object, NEW));
      await policies.sync();
      const next = cluster.open();
      cluster.pass(14_000);
      expect([...next.sentTo('old')]).to.have.members(['a', 'b']);
      expect([...next.sentTo('none')]).to.deep.equal(['b']);
      cluster.pass(1_000);
      expect([...next.sentTo('old'), ...next.sentTo('none')]).to.deep.equal(['a']);
    });

    const leaves = (): void => {
      policies.decide('b', { kind: 'withdraw' });
    };
    const goesElsewhere = (object: RegistryMirror): void => {
      policies.decide('b', includedAt(object, NEW));
    };
    const LEAVING: readonly [string, (object: RegistryMirror) => void][] = [
      ['was written without the mirror', leaves],
      ['was written with another one', goesElsewhere],
      [
        'that had it was deleted by somebody, and made anew with another one',
        (object) => {
          cluster.live.clear();
          policies.observe();
          goesElsewhere(object);
        },
      ],
    ];
    for (const [what, leave] of LEAVING) {
      it(`is so for 15 s after a MutatingAdmissionPolicy ${what}`, async () => {
        const object = cluster.set('b', { engine: 'MutatingAdmissionPolicy' });
        policies.decide('b', includedAt(object, OLD));
        await cluster.settle(policies);
        cluster.pass(20_000);
        leave(object);
        await policies.sync();
        cluster.pass(2_000);
        await policies.sync();
        expect([...policies.sentTo('old')]).to.include('b');
        cluster.pass(13_000);
        expect([...policies.sentTo('old')]).to.not.include('b');
      });
    }
  });

  it('is so while any policy lists the mirror with it, although the one that the mirror moved to is in force', async () => {
    const after = cluster.set('a', { failurePolicy: 'Ignore' });
    policies.decide('a', includedAt(after, NEW));
    await policies.sync();
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.servesThrough('a', NEW)).to.equal(true);
    expect(cluster.listed(homeOf(before))).to.deep.equal(['a']);
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
    cluster.pass(10_000);
    expect(policies.servesOnlyThrough('a', NEW)).to.equal(false);
    await cluster.settle(policies);
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(false);
    expect(policies.servesOnlyThrough('a', NEW)).to.equal(true);
    expect(policies.servesOnlyThrough('a', OLD)).to.equal(false);
  });

  it('is so while the policy that let go of the mirror may be in force', async () => {
    const after = cluster.set('a', { failurePolicy: 'Ignore' });
    policies.decide('a', includedAt(after, NEW));
    await policies.sync();
    cluster.kyvernoActs();
    cluster.pass(2000);
    await policies.sync();
    cluster.pass(2000);
    await policies.sync();
    expect(cluster.listed(homeOf(before))).to.deep.equal([]);
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
    cluster.pass(1_000);
    policies.observe();
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(false);
  });

  it('is so in an old policy where the new one is refused', async () => {
    const after = cluster.set('a', { failurePolicy: 'Ignore' });
    cluster.refuse = ({ name }) => (name === homeOf(after) ? new KubernetesError('invalid', 'no') : undefined);
    policies.decide('a', includedAt(after, NEW));
    await policies.sync();
    policies.observe();
    expect(policies.state('a').kind).to.equal('failed');
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
  });

  it('is so for what only the old policy includes, until that has let go', async () => {
    const isOther = (include: readonly string[]): boolean => include.join() !== 'library/**';
    const narrower = { failurePolicy: 'Ignore', repositories: { include: ['library/**'] } };
    policies.decide('a', includedAt(cluster.set('a', narrower), OLD));
    await policies.sync();
    cluster.kyvernoActs();
    policies.observe();
    expect(policies.state('a').kind).to.equal('inForce');
    expect(policies.maySendTo('a', { pullPrefix: OLD, counts: isOther })).to.equal(true);
    await cluster.settle(policies);
    expect(policies.maySendTo('a', { pullPrefix: OLD, counts: isOther })).to.equal(false);
    expect(policies.maySendTo('a', { pullPrefix: OLD })).to.equal(true);
  });

  it('is so for what the policy includes while the one that includes less is refused', async () => {
    cluster.refuse = () => new KubernetesError('invalid', 'no');
    policies.decide('a', includedAt(cluster.set('a', { repositories: { include: ['library/**'] } }), OLD));
    await policies.sync();
    await policies.sync();
    policies.observe();
    expect(policies.state('a').kind).to.equal('failed');
    const counts = (include: readonly string[]): boolean => include.length === 0;
    expect(policies.maySendTo('a', { pullPrefix: OLD, counts })).to.equal(true);
  });

  it('is not known while policies of another kind can’t be read', () => {
    cluster.unreadable.set('MutatingPolicy', 'forbidden');
    policies.observe();
    expect(policies.maySendTo('a', { pullPrefix: NEW })).to.equal(true);
  });
});
