import { expect } from 'chai';
import { formatMark } from '../../../../src/harbor/mark.js';
import { Lab } from '../lab.js';

const COUNT = 10;
const names = Array.from({ length: COUNT }, (_, index) => `mirror-${index}`);
const spec = (name: string): object => ({
  upstream: { type: 'docker-registry', url: `https://${name}.example.org` },
  deletionPolicy: 'Delete',
});

describe('the deletion of what mirrors have in Harbor', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  const deleteNow = async (name: string): Promise<void> => {
    lab.delete(name);
    await lab.look(name);
    lab.policies.takeEffect();
    await lab.look(name);
  };
  const left = (): readonly string[] => lab.mirrors().map(({ metadata }) => metadata.name);
  /** Not those of endpoints' lists, since health checks ask for one of them. */
  const reads = (route: string): number => lab.harbor.count({ method: 'GET', route });

  it('costs the same three reads for each of many, however long it takes: no list is read anew in between', async () => {
    for (const name of names) {
      lab.apply(name, spec(name));
      await lab.untilReady(name);
    }
    lab.harbor.resetCounts();
    for (const name of names) {
      await deleteNow(name);
      lab.pass(3000);
    }
    expect(left()).to.deep.equal([]);
    expect(lab.harbor.endpoints()).to.deep.equal([]);
    expect(reads('/registries/{id}')).to.equal(COUNT);
    expect(reads('/projects')).to.equal(COUNT);
    expect(reads('/projects/{project_name}/repositories')).to.equal(COUNT);
  });

  it('finds an endpoint and its project that Harbor made after the lists were read', async () => {
    lab.apply('quay', spec('quay'));
    await lab.untilReady('quay');
    const { state } = lab.harbor;
    const [endpoint, project] = [lab.harbor.endpoint('quay'), lab.harbor.project('quay')];
    if (endpoint === undefined || project === undefined) throw new Error('They are not there.');
    state.endpoints.delete(endpoint.id);
    state.projects.delete(project.id);
    const id = state.endpoints.nextId();
    lab.pass(10_000);
    state.endpoints.put({ ...endpoint, id });
    state.projects.put({ ...project, id: state.projects.nextId(), registryId: id });
    await deleteNow('quay');
    expect(left()).to.deep.equal([]);
    expect(lab.harbor.endpoints()).to.deep.equal([]);
    expect(lab.harbor.project('quay')).to.equal(undefined);
  });

  it('leaves alone what somebody took over a moment ago: the mark of another mirror is on it', async () => {
    lab.apply('quay', spec('quay'));
    await lab.untilReady('quay');
    const endpoint = lab.harbor.endpoint('quay');
    if (endpoint === undefined) throw new Error('It is not there.');
    const mark = { cluster: 'another', mirror: 'quay', endpoint: 'created', project: 'created' } as const;
    lab.harbor.state.endpoints.put({ ...endpoint, description: formatMark('', mark) });
    await deleteNow('quay');
    expect(left()).to.deep.equal([]);
    expect(lab.harbor.project('quay')).to.not.equal(undefined);
    expect(lab.harbor.endpoint('quay')).to.not.equal(undefined);
  });

  it('leaves a project that somebody put on the endpoint a moment ago', async () => {
    lab.apply('quay', spec('quay'));
    await lab.untilReady('quay');
    const { state } = lab.harbor;
    const project = lab.harbor.project('quay');
    if (project === undefined) throw new Error('It is not there.');
    state.projects.put({ ...project, id: state.projects.nextId(), name: 'visitor' });
    await deleteNow('quay');
    expect(left()).to.deep.equal([]);
    expect(lab.harbor.project('visitor')).to.not.equal(undefined);
    expect(lab.harbor.project('quay')).to.equal(undefined);
    expect(
      lab.harbor.writes().filter(({ method, route }) => method === 'DELETE' && route === '/registries/{id}'),
    ).to.deep.equal([]);
  });
});
