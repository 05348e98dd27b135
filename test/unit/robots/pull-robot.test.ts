import { expect } from 'chai';
import type { Robot } from '../../../src/harbor/types.js';
import { isPullRobot, newPullRobot, planPullRobot, robotNames } from '../../../src/robots/pull-robot.js';
import type { PullIdentity } from '../../../src/robots/pull-robot.js';
import type { KeptLogin, Rotation } from '../../../src/robots/rotation.js';

const DAY_MS = 86_400_000;
const now = Date.parse('2026-11-24T12:00:00Z');
const identity: PullIdentity = { clusterId: 'c1', mirror: 'team', pullPrefix: 'harbor.test/team' };
const [a, b] = robotNames(identity);

function robot(id: number, name: string, more: Partial<Robot> = {}): Robot {
  const { level, description, permissions } = newPullRobot(name, 'team', identity);
  const expiresAt = (now + 30 * DAY_MS) / 1000;
  return { id, name: `robot$team+${name}`, level, description, disabled: false, expiresAt, permissions, ...more };
}

const inDays = (days: number): Pick<Robot, 'expiresAt'> => ({ expiresAt: (now + days * DAY_MS) / 1000 });
const foreign: Pick<Robot, 'description'> = { description: 'made by hand' };
const kept: KeptLogin = { robotId: 1, username: `robot$team+${a}`, ageMs: DAY_MS };

interface Case {
  readonly title: string;
  readonly robots: readonly Robot[];
  readonly kept?: KeptLogin;
  readonly plan: Rotation;
}

const old = robot(2, b);
const CASES: readonly Case[] = [
  { title: 'makes the first one', robots: [], plan: { kind: 'replace', name: a } },
  { title: 'keeps the one that it has the secret of', robots: [robot(1, a)], kept, plan: { kind: 'keep', retire: [] } },
  {
    title: 'replaces one that it has no secret of, as after a crash, under the same name',
    robots: [robot(1, a)],
    plan: { kind: 'replace', name: a, remove: robot(1, a) },
  },
  {
    title: 'keeps it until a third of its life is left',
    robots: [robot(1, a, inDays(10.1))],
    kept,
    plan: { kind: 'keep', retire: [] },
  },
  {
    title: 'then makes the other one, and leaves it',
    robots: [robot(1, a, inDays(10))],
    kept,
    plan: { kind: 'replace', name: b },
  },
  {
    title: 'puts the other one in the place of what a crash or an earlier change left there',
    robots: [robot(1, a, inDays(3)), old],
    kept,
    plan: { kind: 'replace', name: b, remove: old },
  },
  {
    title: 'takes turns',
    robots: [robot(2, b, inDays(3))],
    kept: { robotId: 2, username: `robot$team+${b}`, ageMs: DAY_MS },
    plan: { kind: 'replace', name: a },
  },
  {
    title: 'takes the one before away once nobody uses it any more',
    robots: [robot(1, a), old],
    kept,
    plan: { kind: 'keep', retire: [old] },
  },
  {
    title: 'lets the one before be while it may be in use',
    robots: [robot(1, a), old],
    kept: { ...kept, ageMs: 60_000 },
    plan: { kind: 'keep', retire: [], retireInMs: 540_000 },
  },
  {
    title: 'makes one anew that somebody deleted',
    robots: [],
    kept,
    plan: { kind: 'replace', name: a },
  },
  {
    title: 'makes another one where somebody disabled it',
    robots: [robot(1, a, { disabled: true })],
    kept,
    plan: { kind: 'replace', name: a, remove: robot(1, a, { disabled: true }) },
  },
  {
    title: 'keeps it under the name that it has since Harbor was given another prefix',
    robots: [robot(1, a, { name: `bot-team+${a}` })],
    kept,
    plan: { kind: 'keep', retire: [], username: `bot-team+${a}` },
  },
  {
    title: 'makes another one for that which is both due and renamed',
    robots: [robot(1, a, { name: `bot-team+${a}`, ...inDays(3) })],
    kept,
    plan: { kind: 'replace', name: b },
  },
  {
    title: 'keeps one that never expires',
    robots: [robot(1, a, { expiresAt: -1 })],
    kept,
    plan: { kind: 'keep', retire: [] },
  },
  {
    title: 'leaves somebody else’s alone and takes the other name',
    robots: [robot(7, a, foreign)],
    plan: { kind: 'replace', name: b },
  },
  {
    title: 'gives up where both names are somebody else’s',
    robots: [robot(7, a, foreign), robot(8, b, foreign)],
    plan: { kind: 'foreign', names: [a, b] },
  },
  {
    title: 'does not retire what is somebody else’s',
    robots: [robot(1, a), robot(8, b, foreign)],
    kept,
    plan: { kind: 'keep', retire: [] },
  },
];

describe('the robot account for pulls', () => {
  for (const { title, robots, kept: known, plan } of CASES) {
    it(title, () => {
      expect(planPullRobot({ robots, identity, kept: known, now })).to.deep.equal(plan);
    });
  }

  it('is another one for another cluster, mirror or place', () => {
    const others: readonly PullIdentity[] = [
      { ...identity, clusterId: 'c2' },
      { ...identity, mirror: 'other' },
      { ...identity, pullPrefix: 'harbor.test/other' },
    ];
    for (const other of others) {
      expect(robotNames(other)).to.not.have.members([a, b]);
      expect(isPullRobot(robot(1, a), other)).to.equal(false);
    }
  });

  it('has a name that Harbor takes, and whatever prefix Harbor puts in front', () => {
    for (const name of [a, b]) expect(name).to.match(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/);
    expect(isPullRobot(robot(1, a, { name: `bot!team+${a}` }), identity)).to.equal(true);
  });
});
