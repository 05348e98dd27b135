import type { MirrorEntry } from '../../engines/entry.js';
import type { PullHost } from '../../harbor/session/facts.js';
import type { Endpoint } from '../../harbor/types.js';
import type { ServedState } from '../../policies/state.js';
import type { PullFacts } from './look-result.js';

/** Whether Pods pull from this Harbor, as far as they do. Elsewhere: `spec.harbor` was changed, and this one says nothing about them. */
export function servesFrom(served: ServedState, pullHost: PullHost): 'here' | 'elsewhere' | 'unknown' {
  if (served.kind === 'unknown') return 'unknown';
  const isElsewhere = served.kind === 'served' && pullHost.kind === 'known' && hostOf(served.entry) !== pullHost.host;
  return isElsewhere ? 'elsewhere' : 'here';
}

export function hostOf({ pullPrefix }: Pick<MirrorEntry, 'pullPrefix'>): string {
  return pullPrefix.slice(0, pullPrefix.indexOf('/'));
}

export function upstreamOf(endpoint: Endpoint | undefined): PullFacts['upstream'] {
  if (endpoint === undefined) return 'unknown';
  return endpoint.status === 'unhealthy' ? 'down' : 'up';
}
