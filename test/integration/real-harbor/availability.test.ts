import { expect } from 'chai';
import { harborName } from './harbor-under-test.js';
import { leaveOut } from './left-out.js';
import { useStage } from './stage.js';

leaveOut('parts of Harbor that are down (database, registry, token service)', 'they can’t be stopped from outside');
leaveOut('a read-only Harbor, a changed robot_name_prefix', 'these are settings of the whole Harbor, which others use');

describe(`When ${harborName} is away`, function () {
  this.timeout(120_000);
  const stage = useStage();
  const PART = 'away';

  before(async () => {
    await stage().serve(PART);
    await stage().untilRewritten(PART);
  });

  it('new Pods pull from the upstream, and from Harbor again once it is back', async () => {
    const { mirrors, gate } = stage();
    const rewritten = await stage().imageOfNewPod(PART);
    await gate.close();
    const { message } = await mirrors.until(stage().name(PART), 'Ready', 'False', 'HarborUnreachable');
    expect(message).to.include('pull from upstream');
    await mirrors.untilImage(stage().image(PART), stage().image(PART));
    await gate.open();
    await mirrors.untilReady(stage().name(PART));
    await mirrors.untilImage(stage().image(PART), rewritten);
    expect((await stage().pullAsPod(PART)).blobs).to.equal(2);
  });

  it('a login that it refuses withdraws nothing: nodes still pull', async () => {
    const { mirrors, harbor } = stage();
    const rewritten = await stage().imageOfNewPod(PART);
    const robots = await harbor.client.listSystemRobots();
    const robot = robots.find(({ name }) => name.endsWith(stage().name('operator-1')));
    await harbor.updateRobot(robot?.id ?? 0, { disable: true });
    await mirrors.until(stage().name(PART), 'Ready', 'False', 'HarborCredentialsRefused', 30_000);
    await mirrors.until(stage().name(PART), 'HarborReachable', 'True', 'HarborCredentialsRefused');
    expect(await mirrors.condition(stage().name(PART), 'Stalled')).to.equal(undefined);
    expect(await stage().imageOfNewPod(PART)).to.equal(rewritten);
    expect((await stage().pullAsPod(PART)).blobs).to.equal(2);
    await harbor.updateRobot(robot?.id ?? 0, { disable: false });
    await mirrors.untilReady(stage().name(PART));
    expect(await stage().imageOfNewPod(PART)).to.equal(rewritten);
  });

  it('what was changed meanwhile is made up for', async () => {
    const { mirrors, gate } = stage();
    await gate.close();
    await mirrors.until(stage().name(PART), 'Ready', 'False', 'HarborUnreachable');
    await mirrors.apply(stage().name(PART), stage().spec(PART, { project: { autoScan: true } }));
    await gate.open();
    await mirrors.untilReady(stage().name(PART));
    const project = await stage().harbor.client.findProject(stage().name(PART));
    expect(project?.metadata.auto_scan).to.equal('true');
  });

  it('a deletion waits, and is carried out once it is back', async () => {
    const { mirrors, gate, harbor } = stage();
    await gate.close();
    await mirrors.until(stage().name(PART), 'Ready', 'False', 'HarborUnreachable');
    await stage().cluster.kubectl(['delete', 'registrymirror', stage().name(PART), '--wait=false']);
    expect(await harbor.client.findProject(stage().name(PART))).to.not.equal(undefined);
    await gate.open();
    await mirrors.delete(stage().name(PART));
    expect(await harbor.client.findProject(stage().name(PART))).to.equal(undefined);
  });
});
