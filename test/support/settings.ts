import type { PolicySettings } from '../../src/engines/settings.js';

/** What a mirror has where its spec says nothing of rewriting, but for the engine. */
export const DEFAULT_SETTINGS = {
  failurePolicy: 'Fail',
  podsWithPullSecrets: 'Skip',
  pullSecret: 'None',
} as const satisfies Partial<PolicySettings>;
