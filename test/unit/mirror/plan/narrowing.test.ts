import { expect } from 'chai';
import { policyEntry } from '../../../../src/engines/entry.js';
import { holdsFor } from '../../../../src/mirror/look/preconditions.js';
import { managedSettings } from '../../../../src/mirror/desired/project-settings.js';
import { narrowingOf } from '../../../../src/mirror/plan/narrowing.js';
import type { HarborPlan } from '../../../../src/mirror/plan/plan-input.js';
import { describeAction } from '../../../../src/mirror/plan/actions.js';
import { ALONE } from '../alone.js';
import { mirror } from '../mirror.js';
import { LabPolicies } from '../lab-policies.js';
import { desired, HarborModel } from './model.js';

const PREFIX = 'harbor.test/quay';

function filtered(include: readonly string[]): ReturnType<typeof mirror> {
  return mirror('quay', { spec: { project: { filter: 'FromRepositories' }, rewrite: { repositories: { include } } } });
}

/** Pods are sent for these; the spec then wants others, and Harbor has a filter for the former, or none. */
function plan(sent: readonly string[], wanted: readonly string[], hasFilter = true): HarborPlan {
  const policies = new LabPolicies();
  policies.decide('quay', { kind: 'include', entry: policyEntry(filtered(sent), PREFIX), settings: {} as never });
  policies.takeEffect();
  const subject = filtered(wanted);
  const narrowing = narrowingOf(subject, PREFIX, policies.served('quay'), holdsFor(subject, { policies, ...ALONE }));
  const harbor = new HarborModel();
  const metadata = { public: 'true', ...(hasFilter && managedSettings(filtered(sent).spec)) };
  harbor.project({ registryId: harbor.endpoint().id, metadata });
  const input = { desired: { ...desired, metadata: managedSettings(subject.spec) } };
  return harbor.plan(narrowing === undefined ? input : { ...input, narrowing });
}

function said({ actions }: HarborPlan): readonly string[] {
  return actions.map(describeAction);
}

describe('the filter of a project', () => {
  it('lets less through only after the policy sends no Pods for more', () => {
    const held = plan(['a/**', 'b/**'], ['a/**']);
    expect(held.actions).to.deep.equal([]);
    expect(held.waitsFor).to.deep.equal({ kind: 'policySendsOnly', pullPrefix: PREFIX, include: ['a/**'] });
    expect(held.verdict.kind).to.equal('ready');
  });

  it('comes only after that, too, where all was let through before', () => {
    expect(plan([], ['a/**'], false)).to.deep.include({ actions: [] });
  });

  it('is written at once where the policy sends Pods for no more, and asks again right before the call', () => {
    const { actions, waitsFor } = plan(['a/**'], ['a/**'], false);
    expect(said({ actions } as HarborPlan)).to.have.length(1);
    expect(actions[0]?.requires).to.deep.equal([{ kind: 'policySendsOnly', pullPrefix: PREFIX, include: ['a/**'] }]);
    expect(waitsFor).to.equal(undefined);
  });

  it('lets more through at once: the policy follows', () => {
    expect(said(plan(['a/**'], ['a/**', 'b/**']))[0]).to.include('a(/.*)?|b(/.*)?');
  });

  it('lets both through while Pods may be sent for what it had and for what it will have', () => {
    const held = plan(['a/**'], ['b/**']);
    expect(said(held)).to.have.length(1);
    expect(said(held)[0]).to.include('a(/.*)?|b(/.*)?');
    expect(held.actions[0]).to.not.have.property('requires');
    expect(held.waitsFor).to.have.property('kind', 'policySendsOnly');
  });

  it('is nobody’s business where the mirror has none written', () => {
    expect(narrowingOf(mirror('quay'), PREFIX, undefined, () => false)).to.equal(undefined);
  });
});
