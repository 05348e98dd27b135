import type { Cluster } from '../../cluster/cluster.js';
import { useCluster } from '../shared-cluster.js';
import { installCrd } from './mirror.js';

/** The run's cluster, with the CRD installed before the tests of the `describe` that calls this. */
export function useCrd(): () => Cluster {
  const cluster = useCluster();
  before(async () => installCrd(cluster()));
  return cluster;
}
