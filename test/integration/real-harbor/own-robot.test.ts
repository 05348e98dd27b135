import { expect } from 'chai';
import type { Robot } from '../../../src/harbor/types.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { harborName, ROBOTS_OF_ROBOTS } from './harbor-under-test.js';
import { describeSince } from './left-out.js';
import { useStage } from './stage.js';

const SECRET = 'registry-mirror-operator-robot';
const PART = 'minted';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeSince(ROBOTS_OF_ROBOTS, `The robot account that the operator makes for itself in ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage({ operator: false });

  /** Of this cluster: others may have theirs in the same Harbor. */
  const robots = async (): Promise<readonly Robot[]> => {
    const { metadata } = await stage().cluster.api.json<{ metadata: { uid: string } }>(
      'GET',
      '/api/v1/namespaces/kube-system',
    );
    const all = await stage().harbor.client.listSystemRobots();
    return all.filter(({ description }) => description.includes(`cluster=${metadata.uid}`));
  };
  const kept = async (): Promise<string> => {
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET}`;
    const { data } = await stage().cluster.api.json<{ data: { username: string } }>('GET', path);
    return Buffer.from(data.username, 'base64').toString();
  };
  const start = (): Promise<void> =>
    stage().startOperator({ login: stage().harbor.admin, env: { MINT_ROBOT: 'true' } });
  /** Waits until there is one, and it is the one whose login is kept. */
  const only = async (): Promise<Robot> =>
    eventually(async () => {
      const [robot, ...others] = await robots();
      if (robot === undefined || others.length > 0) throw new Error('there is not exactly one');
      expect(await kept()).to.equal(robot.name);
      return robot;
    });

  after(async () => {
    await stage().cluster.kubectl(['delete', 'secret', SECRET, '-n', NAMESPACE, '--ignore-not-found']);
  });

  it('is made with an administrator’s login, and all mirrors are made with it', async () => {
    await start();
    const robot = await only();
    stage().gate.forget();
    await stage().serve(PART);
    await stage().untilRewritten(PART);
    const writers = stage().gate.calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    expect(new Set(writers.map(({ user }) => user))).to.deep.equal(new Set([robot.name]));
    expect((await stage().pullAsPod(PART)).blobs).to.equal(2);
  });

  it('is found again after a restart', async () => {
    const before = await only();
    await stage().stopOperator();
    await start();
    await stage().mirrors.reconcile(stage().name(PART));
    await stage().mirrors.untilReady(stage().name(PART));
    expect((await only()).id).to.equal(before.id);
  });

  it('is replaced when it has been deleted, and mirrors go on with the new one', async () => {
    const before = await only();
    await stage().stopOperator();
    await stage().harbor.client.deleteRobot(before.id);
    await start();
    expect((await only()).id).to.not.equal(before.id);
    await stage().mirrors.reconcile(stage().name(PART));
    await stage().mirrors.untilReady(stage().name(PART));
  });

  it('is replaced before it expires, and the old one is deleted once nobody can be using it', async () => {
    const before = await only();
    await stage().stopOperator();
    await stage().harbor.updateRobot(before.id, { duration: 9 });
    await start();
    await eventually(async () => {
      expect(await robots()).to.have.length(2);
      expect(await kept()).to.not.equal(before.name);
    });
    await stage().mirrors.reconcile(stage().name(PART));
    await stage().mirrors.untilReady(stage().name(PART));
    await stage().stopOperator();
    // As if it had been made an hour ago: it is valid for 30 days.
    const expiry = new Date(Date.now() + 30 * DAY_MS - HOUR_MS).toISOString();
    const patch = JSON.stringify({ data: { 'expires-at': Buffer.from(expiry).toString('base64') } });
    await stage().cluster.kubectl(['patch', 'secret', SECRET, '-n', NAMESPACE, '-p', patch]);
    await start();
    expect((await only()).id).to.not.equal(before.id);
    await stage().mirrors.delete(stage().name(PART));
  });
});
