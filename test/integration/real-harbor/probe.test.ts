import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { pullSecrets } from '../pull-secrets/pulling.js';
import { harborName, ROBOTS_OF_ROBOTS } from './harbor-under-test.js';
import { describeSince } from './left-out.js';
import { IMAGE, useStage } from './stage.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const PART = 'asked';

describeSince(ROBOTS_OF_ROBOTS, `A mirror that has ${harborName} asked for an image`, function () {
  this.timeout(120_000);
  const stage = useStage();

  const probe = async (image: string, more: object = {}): Promise<void> => {
    await stage().mirrors.apply(stage().name(PART), stage().spec(PART, { probe: { image }, ...more }));
  };
  const until = async (status: 'True' | 'False', reason: string): Promise<string> => {
    const { message } = await stage().mirrors.until(stage().name(PART), 'ProbeSucceeded', status, reason);
    return message;
  };

  after(async () => {
    await stage().cluster.kubectl(['delete', '-k', component, '--ignore-not-found']);
  });

  it('says that it is served, which Harbor has the upstream asked for', async () => {
    const before = stage().upstream.requests;
    await probe(IMAGE);
    expect(await until('True', 'ImageServed')).to.include(`${stage().name(PART)}/${IMAGE}`);
    expect(stage().upstream.requests).to.be.above(before);
  });

  it('leaves nothing in the cache', async () => {
    const { total } = await stage().harbor.client.listRepositories(stage().name(PART), 1);
    expect(total).to.equal(0);
  });

  it('says that the upstream has no such image', async () => {
    await probe('team/app:nothing');
    expect(await until('False', 'ImageNotServed')).to.include('404');
  });

  it('says that it is served by its digest', async () => {
    const digest = stage().upstream.addImage('team/app', 'by-digest', 'hello');
    await probe(`team/app@${digest}`);
    await until('True', 'ImageServed');
  });

  it('is served to the mirror’s pull robot once the project is private', async () => {
    await stage().cluster.kubectl(['apply', '-k', component]);
    const rewrite = { engine: 'MutatingAdmissionPolicy', pullSecret: 'Inject' };
    await probe(IMAGE, { project: { public: false }, rewrite });
    await stage().mirrors.untilReady(stage().name(PART));
    await stage().mirrors.reconcile(stage().name(PART));
    await until('True', 'ImageServed');
    const project = await stage().harbor.client.findProject(stage().name(PART));
    expect(project?.metadata.public).to.equal('false');
  });

  // While the operator runs: what is left of its Secrets would be in the way of the next file.
  it('takes its robot and Secrets along when it is deleted', async () => {
    await stage().mirrors.delete(stage().name(PART));
    expect(await pullSecrets(stage())).to.deep.equal([]);
  });
});
