import { expect } from 'chai';
import { Lab, RETIRE_AFTER_MS } from '../lab.js';

const upstream = { type: 'docker-registry', url: 'https://registry.example.org' };
const part = (include: string): object => ({ repositories: { include: [include] } });

describe('a project that another mirror of the cluster uses', () => {
  let lab: Lab;
  const projects = (): readonly string[] => lab.harbor.projects().map(({ name }) => name);

  beforeEach(async () => {
    lab = await Lab.start();
    lab.apply('owner', { upstream, rewrite: part('a/**'), deletionPolicy: 'Delete' });
    await lab.untilReady('owner');
    const project = { name: 'owner' };
    lab.apply('user', { upstream, rewrite: part('b/**'), project, adoptionPolicy: 'Use', deletionPolicy: 'Delete' });
    await lab.untilReady('user');
  });
  afterEach(async () => {
    await lab.stop();
  });

  async function lookAtOwner(): Promise<void> {
    await lab.look('owner');
    lab.policies.takeEffect();
    await lab.look('owner');
  }

  it('stays when its own is deleted, until the other one is in no policy any more', async () => {
    lab.delete('owner');
    await lookAtOwner();
    expect(projects()).to.include('owner');
    expect(lab.tells('owner', 'Ready'))
      .to.include('no other mirror sends Pods to project owner')
      .and.include('abandon');
    lab.delete('user');
    await lab.look('user');
    await lookAtOwner();
    expect(projects()).to.not.include('owner');
    expect(lab.mirror('owner')).to.equal(undefined);
  });

  it('stays when its own moves to another one, until then', async () => {
    const project = { name: 'new' };
    lab.apply('owner', { upstream, rewrite: part('a/**'), project, deletionPolicy: 'Delete' });
    await lab.untilReady('owner');
    lab.pass(RETIRE_AFTER_MS + 1);
    await lookAtOwner();
    expect(projects()).to.include.members(['owner', 'new']);
    expect(lab.says('owner', 'Ready')).to.equal('True Succeeded');
    expect(lab.tells('owner', 'ProjectReady')).to.include(
      'owner stays until no other mirror sends Pods to project owner',
    );
    expect(await lab.lookAtOnce('owner')).to.deep.equal({ requeueAfterMs: 30_000 });
    lab.delete('user');
    await lab.look('user');
    await lookAtOwner();
    expect(projects()).to.include('new').and.not.include('owner');
  });
});
