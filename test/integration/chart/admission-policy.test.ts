import { expect } from 'chai';
import type { Cluster } from '../../cluster/cluster.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import type { Manifest } from '../../support/chart.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { clusterPolicy, constraints, matching, mutatingPolicy } from './kyverno-policies.js';

const name = 'registry-mirrors-test';
const dryRun = ['--dry-run=server', '--validate=ignore'];

/** What the operator may not write, and what the API server says. */
const REFUSED: readonly (readonly [string, Manifest, string])[] = [
  ['a ClusterPolicy of another name', clusterPolicy('require-labels'), 'names begin with registry-mirrors'],
  ['a MutatingPolicy of another name', mutatingPolicy('registry-mirrorsx'), 'names begin with registry-mirrors'],
  ['a ClusterPolicy without its label', unlabelled(clusterPolicy(name)), 'managed-by'],
  ['a MutatingPolicy without its label', unlabelled(mutatingPolicy(name)), 'managed-by'],
  ['a ClusterPolicy for Secrets', clusterPolicy(name, { match: matching('Pod', 'Secret') }), 'only policies for Pods'],
  ['a ClusterPolicy for everything', clusterPolicy(name, { match: matching('*') }), 'only policies for Pods'],
  [
    'a ClusterPolicy whose filter names no kind',
    clusterPolicy(name, { match: { any: [{ subjects: [{ kind: 'User', name: 'a' }] }] } }),
    'only policies for Pods',
  ],
  [
    'a ClusterPolicy with other filters',
    clusterPolicy(name, { match: { all: [{ resources: { kinds: ['Secret'] } }] } }),
    'as they are admitted',
  ],
  [
    'a ClusterPolicy that makes objects',
    clusterPolicy(name, {
      mutate: undefined,
      generate: { apiVersion: 'v1', kind: 'Secret', name: 'a', namespace: 'b', data: {} },
    }),
    'as they are admitted',
  ],
  [
    'a ClusterPolicy that changes other objects',
    clusterPolicy(name, {
      mutate: { targets: [{ apiVersion: 'v1', kind: 'Secret', name: 'a', namespace: 'b' }], patchStrategicMerge: {} },
    }),
    'as they are admitted',
  ],
  [
    'a MutatingPolicy for Deployments',
    mutatingPolicy(name, { matchConstraints: constraints('apps', 'deployments') }),
    'only policies for Pods',
  ],
  [
    'a MutatingPolicy for Secrets',
    mutatingPolicy(name, { matchConstraints: constraints('', 'pods', 'secrets') }),
    'only policies for Pods',
  ],
  [
    'a MutatingPolicy for what exists',
    mutatingPolicy(name, { evaluation: { mutateExisting: { enabled: true } } }),
    'as they are admitted',
  ],
  [
    'a MutatingPolicy for what makes Pods',
    mutatingPolicy(name, { autogen: { podControllers: { controllers: ['deployments'] } } }),
    'as they are admitted',
  ],
];

describe('The admission policy, asked with the operator’s own token,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let kubeconfig: string;

  before(async () => {
    await installOperator(cluster());
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await eventually(async () => {
      expect((await applyAsOperator(clusterPolicy('require-labels'))).code).to.not.equal(0);
    });
  });

  const applyAsOperator = async (object: Manifest): ReturnType<Cluster['kubectl']> =>
    await cluster().kubectl(['apply', '--server-side', '-f', '-', ...dryRun], {
      stdin: JSON.stringify(object),
      kubeconfig,
    });

  for (const [what, object, message] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await applyAsOperator(object);
      expect(code, stderr).to.not.equal(0);
      expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(message);
    });
  }

  for (const object of [clusterPolicy(name), clusterPolicy('registry-mirrors'), mutatingPolicy(name)]) {
    it(`takes a ${object.kind} for Pods, named ${object.metadata.name}`, async () => {
      const { code, stderr } = await applyAsOperator(object);
      expect(code, stderr).to.equal(0);
    });
  }

  it('refuses to delete a policy of somebody else, and doesn’t look at what others do', async () => {
    await cluster().apply([clusterPolicy('require-labels')]);
    const { code, stderr } = await cluster().kubectl(['delete', 'clusterpolicy', 'require-labels'], { kubeconfig });
    expect(code).to.not.equal(0);
    expect(stderr).to.include('names begin with registry-mirrors');
    const asAdmin = await cluster().kubectl(['delete', 'clusterpolicy', 'require-labels']);
    expect(asAdmin.code, asAdmin.stderr).to.equal(0);
  });
});

function unlabelled(policy: Manifest): Manifest {
  return { ...policy, metadata: { ...policy.metadata, labels: {} } };
}
