import { join } from 'node:path';
import type { Daemon, Daemons } from '../support/daemons.js';
import { certificatePath, serviceAccountKeyPath } from './api-server.js';

export const controllerManagerUser = 'system:kube-controller-manager';

/** The controllers that make a cluster without nodes behave: the rest would only cost time. */
const controllers = [
  'clusterrole-aggregation-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'serviceaccount-controller',
];

export interface ControllerManagerOptions {
  readonly program: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly port: number;
}

/** Starts the controller manager with the few controllers that matter here, without leader election. */
export function startControllerManager(daemons: Daemons, options: ControllerManagerOptions): Daemon {
  const { folder } = options;
  return daemons.start({
    name: 'kube-controller-manager',
    program: options.program,
    logPath: join(folder, 'kube-controller-manager.log'),
    args: [
      `--kubeconfig=${options.kubeconfig}`,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${options.port}`,
      `--cert-dir=${join(folder, 'controller-manager-certificates')}`,
      `--service-account-private-key-file=${serviceAccountKeyPath(folder)}`,
      `--root-ca-file=${certificatePath(folder)}`,
      '--concurrent-namespace-syncs=4',
    ],
  });
}
