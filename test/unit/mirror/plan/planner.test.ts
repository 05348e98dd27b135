import { expect } from 'chai';
import { Lab } from '../lab.js';

/** So few that what went missing is not looked for meanwhile. */
const COUNT = 6;
const PAUSE_MS = 5500;
const spec = (name: string): object => ({ upstream: { type: 'docker-registry', url: `https://${name}.example.org` } });

describe('the picture that new mirrors are planned on', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
    lab.apply('first', spec('first'));
    await lab.untilReady('first');
  });
  afterEach(async () => lab.stop());

  const lookAtDeletion = async (name: string): Promise<void> => {
    lab.delete(name);
    await lab.look(name);
    lab.policies.takeEffect();
    await lab.look(name);
    expect(lab.mirror(name)).to.equal(undefined);
  };

  it('is read once for many, however long they take: each costs the question whether its project is there', async () => {
    lab.harbor.resetCounts();
    for (let index = 0; index < COUNT; index += 1) {
      lab.apply(`mirror-${index}`, spec(`mirror-${index}`));
      await lab.untilReady(`mirror-${index}`);
      lab.pass(PAUSE_MS);
    }
    expect(lab.harbor.count({ method: 'HEAD', route: '/projects' })).to.equal(COUNT);
    expect(lab.harbor.count({ method: 'GET', route: '/projects' })).to.equal(0);
    expect(lab.harbor.writes()).to.have.length(2 * COUNT);
  });

  it('is not read anew for one whose status waits for its policy', async () => {
    lab.policies.pendingForMs = 0;
    lab.apply('quay', spec('quay'));
    await lab.look('quay');
    expect(lab.says('quay', 'Ready')).to.equal('absent');
    lab.pass(PAUSE_MS);
    lab.harbor.resetCounts();
    await lab.look('quay');
    lab.policies.takeEffect();
    await lab.look('quay');
    expect(lab.says('quay', 'Ready')).to.equal('True Succeeded');
    expect(lab.harbor.count({ method: 'GET', route: '/projects' })).to.equal(0);
  });

  it('is read anew for one whose project it has: somebody may have deleted that since', async () => {
    await lookAtDeletion('first');
    lab.harbor.state.projects.delete(lab.harbor.project('first')?.id ?? 0);
    lab.pass(PAUSE_MS);
    lab.apply('first', spec('first'));
    await lab.look('first');
    expect(lab.harbor.project('first')).to.not.equal(undefined);
  });

  it('is read anew where a project of the name is there by now, and nothing is made then', async () => {
    const { state } = lab.harbor;
    const first = lab.harbor.project('first');
    if (first === undefined) throw new Error('It is not there.');
    lab.pass(PAUSE_MS);
    const id = state.projects.nextId();
    state.projects.put({ ...first, id, name: 'quay' });
    lab.harbor.resetCounts();
    lab.apply('quay', spec('quay'));
    await lab.look('quay');
    expect(lab.says('quay', 'Ready')).to.equal('False ProjectNotOurs');
    expect(lab.harbor.writes()).to.deep.equal([]);
  });

  it('asks again for a project that was not there, once that is some seconds ago', async () => {
    lab.apply('again', { ...spec('again'), deletionPolicy: 'Delete' });
    await lab.untilReady('again');
    await lookAtDeletion('again');
    lab.pass(PAUSE_MS);
    lab.harbor.resetCounts();
    lab.apply('again', spec('again'));
    await lab.look('again');
    expect(lab.harbor.count({ method: 'HEAD', route: '/projects' })).to.equal(1);
  });
});
