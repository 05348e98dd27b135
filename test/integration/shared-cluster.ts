import { startCluster } from '../cluster/cluster.js';
import type { Cluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';

/** A first start may have to build everything. */
const startTimeoutMs = 40 * 60_000;

let shared: Promise<Cluster> | undefined;

/** The cluster of this run, with Kyverno and the controller manager: started on first use, stopped at the end of the run. */
export async function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster({ kyverno: true, progress: progressToStderr });
  return shared;
}

/**
 * Has the run's cluster started before the tests of the `describe` that calls this. Returns a function that gives it, for use inside
 * tests and hooks. Specs run one after the other on the same cluster: each takes away what it made.
 */
export function useCluster(): () => Cluster {
  let cluster: Cluster | undefined;
  before(async function () {
    this.timeout(startTimeoutMs);
    cluster = await sharedCluster();
  });
  return () => {
    if (cluster === undefined) throw new Error('The cluster is there inside tests and hooks only.');
    return cluster;
  };
}

// Outside any describe, and so after the last spec of the run.
after(async () => {
  await (await shared)?.stop();
});
