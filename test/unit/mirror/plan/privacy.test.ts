import { expect } from 'chai';
import { describeAction } from '../../../../src/mirror/plan/actions.js';
import type { HarborPlan, PlanInput } from '../../../../src/mirror/plan/plan-input.js';
import { privacyOf } from '../../../../src/mirror/plan/privacy.js';
import { mirror } from '../mirror.js';
import { desired, HarborModel } from './model.js';

const PREFIX = 'harbor.test/quay';
const requires = [
  { kind: 'secretsSpread', pullPrefix: PREFIX },
  { kind: 'policyInjects', pullPrefix: PREFIX },
] as const;

/** A mirror whose project is there and public, and is to be private. */
function plan(privacy: PlanInput['privacy'], metadata: Readonly<Record<string, string>> = {}): HarborPlan {
  const harbor = new HarborModel();
  harbor.project({ registryId: harbor.endpoint().id });
  const input = { desired: { ...desired, metadata: { public: 'false', ...metadata } } };
  return harbor.plan(privacy === undefined ? input : { ...input, privacy });
}

function said({ actions }: HarborPlan): readonly string[] {
  return actions.map(describeAction);
}

describe('a public project that is to be private', () => {
  it('is made private at once where Pods get no pull Secret', () => {
    expect(said(plan(undefined))).to.deep.equal(['update project quay: public=false']);
  });

  it('stays public while what Pods pull with is not in place, and the plan says what it waits for', () => {
    for (const waitsFor of requires) {
      const held = plan({ requires, waitsFor });
      expect(held.actions).to.deep.equal([]);
      expect(held.waitsFor).to.deep.equal(waitsFor);
      expect(held.verdict.kind).to.equal('ready');
    }
  });

  it('gets its other settings meanwhile', () => {
    const held = plan({ requires, waitsFor: requires[0] }, { auto_scan: 'true' });
    expect(said(held)).to.deep.equal(['update project quay: auto_scan=true']);
  });

  it('is made private by the last write, which is checked once more when it is carried out', () => {
    const { actions, waitsFor } = plan({ requires }, { auto_scan: 'true' });
    expect(actions.map(describeAction)).to.deep.equal([
      'update project quay: auto_scan=true',
      'update project quay: public=false',
    ]);
    expect(actions.at(-1)?.requires).to.deep.equal(requires);
    expect(actions[0]?.requires).to.equal(undefined);
    expect(waitsFor).to.equal(undefined);
  });

  it('is created private where it is not there yet', () => {
    const input = {
      desired: { ...desired, metadata: { public: 'false' } },
      privacy: { requires, waitsFor: requires[0] },
    };
    const { actions } = new HarborModel().plan(input);
    const created = actions.find(({ kind }) => kind === 'CreateProject');
    expect(created).to.deep.nested.include({ 'project.metadata': { public: 'false' } });
  });
});

describe('what must hold before a project is made private', () => {
  const of = (rewrite: object, held: readonly string[] = []): unknown =>
    privacyOf(mirror('quay', { spec: { rewrite } }), PREFIX, ({ kind }) => held.includes(kind));

  it('is nothing where Pods are given no Secret, or are not rewritten', () => {
    expect(of({})).to.equal(undefined);
    expect(of({ pullSecret: 'Inject', engine: 'None' })).to.equal(undefined);
  });

  it('is that the Secret is everywhere, and then that the policy gives it to Pods', () => {
    expect(of({ pullSecret: 'Inject' })).to.deep.equal({ requires, waitsFor: requires[0] });
    expect(of({ pullSecret: 'Inject' }, ['secretsSpread'])).to.deep.equal({ requires, waitsFor: requires[1] });
    expect(of({ pullSecret: 'Inject' }, ['secretsSpread', 'policyInjects'])).to.deep.equal({ requires });
  });
});
