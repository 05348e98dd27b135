import { expect } from 'chai';
import type { Cluster } from '../../cluster/cluster.js';
import type { CommandResult } from '../../support/command.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { clusterPolicy } from './kyverno-policies.js';

/** kubectl with the operator's own token. */
export interface AsOperator {
  readonly run: (args: readonly string[], object?: unknown) => Promise<CommandResult>;
  /** A dry run: nothing is written. */
  readonly apply: (object: unknown) => Promise<CommandResult>;
}

/** Installs what the chart renders, and waits until its admission policy acts: the API server takes a moment to notice one. */
export function useAsOperator(cluster: () => Cluster): AsOperator {
  let kubeconfig: string;
  const run: AsOperator['run'] = async (args, object) =>
    await cluster().kubectl(args, { kubeconfig, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  const apply: AsOperator['apply'] = async (object) =>
    await run(['apply', '--server-side', '-f', '-', '--dry-run=server', '--validate=ignore'], object);

  before(async () => {
    await installOperator(cluster());
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await eventually(async () => {
      expect((await apply(clusterPolicy('require-labels'))).stderr).to.include('ValidatingAdmissionPolicy');
    });
  });
  return { run, apply };
}
