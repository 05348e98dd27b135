import { expect } from 'chai';
import { PullLab } from './cut-pulls.js';

interface Story {
  readonly deletionPolicy: 'Delete' | 'Retain';
  /** Whether the mirror only uses the project in the first Harbor. */
  readonly isUsed: boolean;
  /** When somebody deletes the Secrets. */
  readonly hand: 'before' | 'at the cut';
}

const STORIES: Readonly<Record<string, Story>> = {
  'a project that it leaves, where the Secret went before the move': {
    deletionPolicy: 'Retain',
    isUsed: false,
    hand: 'before',
  },
  'a project that it leaves, where the Secrets went in the middle of the move': {
    deletionPolicy: 'Retain',
    isUsed: false,
    hand: 'at the cut',
  },
  'a project that it only used': { deletionPolicy: 'Delete', isUsed: true, hand: 'before' },
};

/** @returns the last write before the cut; undefined where the operator was done sooner */
async function tell({ deletionPolicy, isUsed, hand }: Story, cutAfter: number): Promise<string | undefined> {
  const world = await PullLab.start(deletionPolicy);
  const { lab } = world;
  try {
    lab.apply({ at: 'first' });
    await lab.work();
    if (isUsed) await world.takeOver();
    expect(world.robots()).to.deep.equal(['first app']);
    if (hand === 'before') world.deleteSecrets();
    lab.apply({ at: 'second' });
    const wasCut = await lab.work(cutAfter);
    const point = lab.writes.at(-1) ?? '';
    if (wasCut) {
      if (hand === 'at the cut') world.deleteSecrets();
      await lab.work();
    }
    expect(world.robots(), `after ${point}`).to.deep.equal(['second app']);
    expect(lab.first.project('app'), 'the project of before').to.not.equal(undefined);
    lab.delete();
    await lab.work();
    expect(world.robots(), `deleted, after ${point}`).to.deep.equal([]);
    return wasCut ? point : undefined;
  } finally {
    await lab.stop();
  }
}

describe('a mirror that moves to another Harbor after somebody has deleted its pull Secret', function () {
  this.timeout(60_000);
  for (const [name, story] of Object.entries(STORIES)) {
    it(`leaves no robot account in ${name}, cut off after any write`, async () => {
      let points = 0;
      while ((await tell(story, points + 1)) !== undefined) points += 1;
      expect(points, 'writes').to.be.at.least(4);
    });
  }
});
