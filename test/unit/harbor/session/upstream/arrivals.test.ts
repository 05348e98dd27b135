import { expect } from 'chai';
import { Arrivals } from '../../../../../src/harbor/session/upstream/arrivals.js';

const NAMES = ['a', 'b', 'c'];

describe('mirrors that wait for their turn at an upstream', () => {
  let now: number;
  let arrivals: Arrivals;
  const arrive = (mirror: string, isNewcomer: boolean): void => {
    arrivals.arrive(mirror, () => isNewcomer);
    now += 1000;
  };
  const lastNewcomers = (): readonly string[] => NAMES.filter((mirror) => arrivals.isLastNewcomer(mirror));

  beforeEach(() => {
    now = 0;
    arrivals = new Arrivals(() => now);
  });

  it('are called in the order in which they came, and go behind all others where they do not come then', () => {
    for (const name of NAMES) arrive(name, false);
    expect(arrivals.next(2)).to.deep.equal(['a', 'b']);
    expect(arrivals.next(2)).to.deep.equal(['c', 'a']);
    arrivals.leave('b');
    expect(arrivals.next(3)).to.deep.equal(['c', 'a']);
  });

  it('go first, when they are newcomers, if they came last', () => {
    arrive('a', true);
    arrive('b', true);
    arrive('c', false);
    expect(lastNewcomers()).to.deep.equal(['b']);
    arrivals.leave('b');
    expect(lastNewcomers()).to.deep.equal(['a']);
  });

  it('keep what they came as, for ten seconds', () => {
    arrive('a', true);
    arrive('a', false);
    expect(lastNewcomers()).to.deep.equal(['a']);
    now = 9999;
    expect(arrivals.isNew('a')).to.equal(true);
    now = 10_000;
    expect(arrivals.isNew('a')).to.equal(false);
    expect(lastNewcomers()).to.deep.equal([]);
  });
});
