import { expect } from 'chai';
import { formatMark, parseMark } from '../../../../src/harbor/mark.js';
import type { HarborPlan } from '../../../../src/mirror/plan/plan-input.js';
import { desired, HarborModel, ourMark } from './model.js';

const deleting = { ...desired, deletion: 'Delete' } as const;

function described({ actions }: HarborPlan): string | undefined {
  for (const action of actions) {
    if (action.kind === 'CreateEndpoint') return action.endpoint.description;
    if (action.kind === 'UpdateEndpoint') return action.update.description;
  }
  return undefined;
}

function harborWith(description: string): HarborModel {
  const harbor = new HarborModel();
  const { id: registryId } = harbor.endpoint({ description });
  harbor.project({ registryId });
  return harbor;
}

const written = { ...ourMark, upstream: 'quay.io' };

describe('what the mark says about deletion', () => {
  it('is written with the creation, where the mirror deletes what it made', () => {
    const mark = parseMark(described(new HarborModel().plan({ desired: deleting })) ?? '').mark;
    expect(mark).to.deep.equal({ ...written, deletion: 'Delete' });
    expect(parseMark(described(new HarborModel().plan()) ?? '').mark).to.deep.equal(written);
  });

  it('costs no write of its own where it is not there yet, and comes with the next one', () => {
    const harbor = harborWith(formatMark('', ourMark));
    expect(harbor.plan({ desired: deleting }).actions).to.deep.equal([]);
    const plan = harbor.plan({ desired: { ...deleting, description: 'new text' } });
    expect(parseMark(described(plan) ?? '').mark).to.deep.equal({ ...written, deletion: 'Delete' });
  });

  it('is taken away at once where the mirror keeps what it made', () => {
    const harbor = harborWith(formatMark('', { ...ourMark, deletion: 'Delete' }));
    expect(harbor.plan({ desired: deleting }).actions).to.deep.equal([]);
    const plan = harbor.plan();
    expect(plan.actions).to.have.lengthOf(1);
    expect(parseMark(described(plan) ?? '').mark).to.deep.equal(written);
    harbor.carryOut(plan.actions);
    expect(harbor.plan().actions).to.deep.equal([]);
  });

  it('is never said of what was adopted', () => {
    const adopted = { ...written, endpoint: 'adopted', project: 'adopted' } as const;
    const harbor = harborWith('by hand');
    const plan = harbor.plan({ adoptionPolicy: 'Adopt', desired: deleting });
    expect(parseMark(described(plan) ?? '').mark).to.deep.equal(adopted);
    harbor.carryOut(plan.actions);
    expect(harbor.plan({ desired: deleting }).actions).to.deep.equal([]);
  });
});
