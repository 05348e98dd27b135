import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { installCrd } from './mirror.js';

/** An API server with the CRD for the surrounding `describe`; stopped at its end. */
export function sharedCrdCluster(): () => Cluster {
  let cluster: Cluster | undefined;
  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster({ controllerManager: false, audit: false });
    await installCrd(cluster);
  });
  after(async () => cluster?.stop());
  return () => {
    if (cluster === undefined) throw new Error('The cluster has not been started yet.');
    return cluster;
  };
}
