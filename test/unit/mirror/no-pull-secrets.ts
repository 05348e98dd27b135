import type { PullSecrets } from '../../../src/pull-secrets/pull-secrets.js';

/** For mirrors whose Pods need no pull Secrets. */
export const NO_PULL_SECRETS: Pick<
  PullSecrets,
  'settle' | 'release' | 'pullsFrom' | 'mayHaveRobots' | 'removeRobotsIn' | 'forget' | 'isSpread'
> = {
  settle: () => Promise.resolve({ canPull: true }),
  release: () => Promise.resolve([]),
  pullsFrom: () => false,
  mayHaveRobots: () => false,
  removeRobotsIn: () => Promise.resolve(),
  forget: () => undefined,
  isSpread: () => 'yes',
};
