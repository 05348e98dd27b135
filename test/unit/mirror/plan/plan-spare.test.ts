import { expect } from 'chai';
import { formatMark, parseMark } from '../../../../src/harbor/mark.js';
import { describeAction } from '../../../../src/mirror/plan/actions.js';
import { HarborModel, ourMark } from './model.js';

const adopted = { ...ourMark, endpoint: 'adopted', project: 'adopted' } as const;

/** Until there is nothing left to do. */
function converge(harbor: HarborModel): readonly string[] {
  const done: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const { actions } = harbor.plan();
    if (actions.length === 0) return done;
    done.push(...actions.map(describeAction));
    harbor.carryOut(actions);
  }
  throw new Error(`does not end: ${done.join('; ')}`);
}

describe('endpoints of a mirror that have no project', () => {
  it('are never deleted where they were adopted, whatever their type', () => {
    const harbor = new HarborModel();
    const { id } = harbor.endpoint({ type: 'harbor', description: formatMark('', adopted) });
    converge(harbor);
    expect(harbor.view.endpointById(id)?.type).to.equal('harbor');
    expect(harbor.view.endpoints()).to.have.length(2);
    expect(harbor.view.projectByName('quay')?.registryId).to.not.equal(id);
  });

  it('come to one project all the same, where a crash came right after the second was made', () => {
    const harbor = new HarborModel();
    harbor.endpoint({ type: 'harbor', description: formatMark('', adopted) });
    const [createEndpoint] = harbor.plan().actions;
    harbor.carryOut(createEndpoint === undefined ? [] : [createEndpoint]);
    expect(converge(harbor)).to.deep.equal(['create proxy-cache project quay']);
  });

  it('are used for a new project, which then counts as created', () => {
    const harbor = new HarborModel();
    const { id } = harbor.endpoint({ description: formatMark('', adopted) });
    expect(converge(harbor)).to.have.length(2);
    const { mark } = parseMark(harbor.view.endpointById(id)?.description ?? '');
    expect(mark).to.include({ endpoint: 'adopted', project: 'created' });
    expect(harbor.plan().hold).to.equal('created');
  });

  it('are taken away all at once, but for the one that is used', () => {
    const harbor = new HarborModel();
    harbor.endpoint({ name: 'wrong', type: 'harbor' });
    harbor.endpoint({ name: 'right' });
    harbor.endpoint({ name: 'late' });
    expect(converge(harbor)[0]).to.equal('create proxy-cache project quay');
    expect(harbor.view.endpoints().map(({ name }) => name)).to.deep.equal(['right']);
  });
});
