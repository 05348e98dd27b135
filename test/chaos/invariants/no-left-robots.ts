import type { Invariant } from './invariant.js';

/** One that could not be deleted, since its Harbor was away, stays until it expires, and the operator says so. */
export const noLeftRobots: Invariant = {
  name: 'no robot account of a mirror that is gone is left without a word',
  breaches: ({ robots, mirrors }) => {
    const names = new Set(mirrors.map(({ metadata }) => metadata.name));
    return robots
      .filter(({ mirror, isTold }) => !names.has(mirror) && !isTold)
      .map(({ harbor, name, mirror }) => `robot account ${name} is left in the ${harbor} Harbor of ${mirror}`);
  },
};
