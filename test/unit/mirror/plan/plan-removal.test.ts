import { expect } from 'chai';
import { formatMark } from '../../../../src/harbor/mark.js';
import { describeAction } from '../../../../src/mirror/plan/actions.js';
import { planRemoval } from '../../../../src/mirror/plan/plan-removal.js';
import type { RemovalPlan } from '../../../../src/mirror/plan/plan-removal.js';
import { HarborModel, identity, ourMark } from './model.js';

function remove(harbor: HarborModel, names: readonly string[] = ['quay']): RemovalPlan {
  return planRemoval(harbor.view, identity, { projectNames: new Set(names), requires: () => [{ kind: 'inNoPolicy' }] });
}

function actions({ actions: planned }: RemovalPlan): readonly string[] {
  return planned.map(describeAction);
}

const ALL_OF_IT = [
  'delete the cached repositories of project quay',
  'delete project quay',
  'delete endpoint quay: its mirror is gone',
];

describe('planning what to delete in Harbor', () => {
  it('empties and deletes the project, then the endpoint, of what it created', () => {
    const harbor = new HarborModel();
    harbor.project({ registryId: harbor.endpoint().id });
    const plan = remove(harbor);
    expect(actions(plan)).to.deep.equal(ALL_OF_IT);
    expect(plan.left).to.be.empty;
    harbor.carryOut(plan.actions);
    expect(harbor.view.endpoints()).to.be.empty;
  });

  it('finds its project by the endpoint’s name, too, with a hash or without', () => {
    const harbor = new HarborModel();
    harbor.project({ registryId: harbor.endpoint().id });
    expect(actions(remove(harbor, []))).to.deep.equal(ALL_OF_IT);
    const foreign = new HarborModel();
    foreign.endpoint({ description: 'foreign' });
    foreign.carryOut(foreign.plan().actions);
    expect(remove(foreign, []).actions.map(({ kind }) => kind)).to.deep.equal([
      'EmptyProject',
      'DeleteProject',
      'DeleteEndpoint',
    ]);
  });

  it('deletes an endpoint that has no project yet', () => {
    const harbor = new HarborModel();
    harbor.endpoint();
    expect(actions(remove(harbor))).to.deep.equal(['delete endpoint quay: its mirror is gone']);
  });

  it('deletes nothing that was adopted, and says what stays', () => {
    const harbor = new HarborModel();
    const description = formatMark('', { ...ourMark, endpoint: 'adopted', project: 'adopted' });
    harbor.project({ registryId: harbor.endpoint({ description }).id });
    const plan = remove(harbor);
    expect(plan.actions).to.be.empty;
    expect(plan.left).to.deep.equal(['project quay (adopted)', 'endpoint quay (adopted)']);
  });

  it('leaves a project that someone else made on its endpoint, and so the endpoint', () => {
    const harbor = new HarborModel();
    const { id: registryId } = harbor.endpoint();
    harbor.project({ registryId });
    harbor.project({ registryId, name: 'visitor' });
    const plan = remove(harbor);
    expect(actions(plan)).to.deep.equal(ALL_OF_IT.slice(0, 2));
    expect(plan.left).to.deep.equal([
      'project visitor (made by someone else on our endpoint)',
      'endpoint quay (still used)',
    ]);
  });

  for (const [whose, mark] of [
    ['another mirror', { ...ourMark, mirror: 'other' }],
    ['another cluster', { ...ourMark, cluster: 'cluster-b' }],
    ['nobody', undefined],
  ] as const) {
    it(`touches nothing on an endpoint that is marked by ${whose}`, () => {
      const harbor = new HarborModel();
      const description = mark === undefined ? '' : formatMark('', mark);
      harbor.project({ registryId: harbor.endpoint({ description }).id });
      expect(remove(harbor)).to.deep.equal({ actions: [], left: [] });
    });
  }

  it('keeps what is in use where only an earlier project is to go', () => {
    const harbor = new HarborModel();
    harbor.project({ registryId: harbor.endpoint({ name: 'old' }).id, name: 'old' });
    const current = harbor.project({ registryId: harbor.endpoint().id });
    const plan = planRemoval(harbor.view, identity, {
      projectNames: new Set(),
      keep: current,
      requires: (projects) => projects.map(({ name }) => ({ kind: 'policyWithout', pullPrefix: `harbor/${name}` })),
    });
    expect(actions(plan)).to.deep.equal([
      'delete the cached repositories of project old',
      'delete project old',
      'delete endpoint old: its mirror is gone',
    ]);
    for (const { requires } of plan.actions) {
      expect(requires).to.deep.equal([{ kind: 'policyWithout', pullPrefix: 'harbor/old' }]);
    }
  });
});
