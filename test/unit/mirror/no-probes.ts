import type { Probes } from '../../../src/mirror/probe/probes.js';

/** For mirrors that nobody asks the cache of. */
export const NO_PROBES: Pick<Probes, 'settle' | 'forget'> = {
  settle: () => undefined,
  forget: () => undefined,
};
