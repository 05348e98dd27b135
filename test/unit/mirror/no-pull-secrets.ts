import type { PullSecrets } from '../../../src/pull-secrets/pull-secrets.js';

/** For mirrors whose Pods need no pull Secrets. */
export const NO_PULL_SECRETS: Pick<
  PullSecrets,
  'settle' | 'release' | 'pullsFrom' | 'mayHaveRobots' | 'leaveProject' | 'forget' | 'isSpread'
> = {
  settle: () => Promise.resolve({ canPull: true }),
  release: () => Promise.resolve([]),
  pullsFrom: () => false,
  mayHaveRobots: () => false,
  leaveProject: () => Promise.resolve(),
  forget: () => undefined,
  isSpread: () => 'yes',
};
