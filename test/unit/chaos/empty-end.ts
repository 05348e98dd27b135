import type { EndState } from '../../chaos/invariants/end-state.js';
import type { Cast } from '../../chaos/story/fleet.js';

/** The end of a run in which nothing is left, and nothing was done. */
export function emptyEnd(fleet: readonly Cast[]): EndState {
  return {
    fleet,
    steps: [],
    mirrors: [],
    policies: [],
    endpoints: [],
    projects: [],
    pullSecrets: [],
    robots: [],
    namespace: 'team',
    urls: { first: 'https://first', second: 'https://second' },
    clusterId: 'here',
    pods: [],
    foreignChanges: [],
  };
}
