import { expect } from 'chai';
import type { HarborStandIn } from '../../../harbor/index.js';
import { CutLab } from './cut-lab.js';
import type { Wish } from './cut-lab.js';

interface Story {
  /** The mirror is Ready so before. */
  readonly before?: Wish;
  /** What the user wants then, while the operator is cut off after a write. */
  readonly wish: Wish;
  /** What the user wants by the time that an operator starts again; undefined: nothing else. */
  readonly then?: Wish | 'gone';
}

const FIRST: Wish = { at: 'first' };
const SECOND: Wish = { at: 'second' };

const STORIES: Readonly<Record<string, Story>> = {
  'a new mirror, which is moved': { wish: SECOND, then: FIRST },
  'a new mirror, which is deleted': { wish: SECOND, then: 'gone' },
  'a new mirror, whose project gets another name': { wish: SECOND, then: { at: 'second', project: 'other' } },
  'a move': { before: FIRST, wish: SECOND },
  'a move, and back': { before: FIRST, wish: SECOND, then: FIRST },
  'a move, and deleted': { before: FIRST, wish: SECOND, then: 'gone' },
  'another name': { before: FIRST, wish: { at: 'first', project: 'other' } },
  'another name, and a third one': {
    before: FIRST,
    wish: { at: 'first', project: 'other' },
    then: { at: 'first', project: 'third' },
  },
  'another name, and moved': { before: FIRST, wish: { at: 'first', project: 'other' }, then: SECOND },
  'a move under another name, and back': { before: FIRST, wish: { at: 'second', project: 'other' }, then: FIRST },
};

/** All endpoints and projects of a Harbor; an endpoint that had no project yet serves the next one under the name that it has. */
function stock(harbor: HarborStandIn): readonly string[] {
  const projects = harbor.projects().filter(({ name }) => name !== 'library');
  return [...harbor.endpoints().map(() => 'endpoint'), ...projects.map(({ name }) => `project ${name}`)];
}

function wholeOf({ project = 'app' }: Wish): readonly string[] {
  return ['endpoint', `project ${project}`];
}

/** @returns the last write before the cut; undefined where the operator was done sooner */
async function tell({ before, wish, then }: Story, cutAfter: number): Promise<string | undefined> {
  const lab = await CutLab.start();
  try {
    if (before !== undefined) {
      lab.apply(before);
      await lab.work();
    }
    lab.apply(wish);
    if (!(await lab.work(cutAfter))) return undefined;
    const point = lab.writes.at(-1) ?? '';
    const last = then ?? wish;
    if (last === 'gone') lab.delete();
    else lab.apply(last);
    await lab.work();
    if (last !== 'gone') {
      const here = last.at === 'first' ? [wholeOf(last), []] : [[], wholeOf(last)];
      expect([stock(lab.first), stock(lab.second)], `after ${point}`).to.deep.equal(here);
      lab.delete();
      await lab.work();
    }
    expect([stock(lab.first), stock(lab.second)], `deleted, after ${point}`).to.deep.equal([[], []]);
    return point;
  } finally {
    await lab.stop();
  }
}

describe('an operator that is cut off after any write, and another one that goes on', function () {
  this.timeout(60_000);
  for (const [name, story] of Object.entries(STORIES)) {
    it(`leave one of everything where the mirror is, and nothing elsewhere: ${name}`, async () => {
      let points = 0;
      while ((await tell(story, points + 1)) !== undefined) points += 1;
      expect(points, 'writes').to.be.at.least(4);
    });
  }

  it('leave nothing where the next one is cut off, too, while it makes another project on the endpoint that was left', async () => {
    for (const cutAfter of [1, 2, 3]) {
      const lab = await CutLab.start();
      try {
        lab.apply(SECOND);
        expect(await lab.work(2)).to.equal(true);
        expect(lab.writes.at(-1)).to.equal('POST /registries in the second');
        lab.apply({ at: 'second', project: 'other' });
        expect(await lab.work(cutAfter)).to.equal(true);
        lab.apply(FIRST);
        await lab.work();
        const after = `after ${lab.writes.join(', ')}`;
        expect([stock(lab.first), stock(lab.second)], after).to.deep.equal([wholeOf(FIRST), []]);
      } finally {
        await lab.stop();
      }
    }
  });
});
