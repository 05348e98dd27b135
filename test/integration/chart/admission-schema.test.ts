import { expect } from 'chai';
import type { CommandResult } from '../../support/command.js';
import type { Manifest } from '../../support/chart.js';
import { OPERATOR_WITH_ALL_RIGHTS, installOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { clusterPolicy, matching, ownForEach } from './kyverno-policies.js';

const name = 'registry-mirrors-test';
const [group, kind, plural] = ['policies.kyverno.io', 'LooseClusterPolicy', 'clusterpolicies'];

/** ClusterPolicies in the other one of the groups that the admission policy is for: their schema lets everything through. */
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const each = ownForEach();
const [first, ...others] = each.context;
const withFirstStep = (more: object): Manifest =>
  clusterPolicy(name, { mutate: { foreach: [{ ...each, context: [{ ...first, ...more }, ...others] }] } });

/** What the schema of Kyverno's own CRD refuses today, before the admission policy is asked. */
const REFUSED: Readonly<Record<string, readonly [policy: Manifest, message: string]>> = {
  'whose step reads a ConfigMap beside its variable': [
    withFirstStep({ configMap: { name: 'a', namespace: 'kube-system' } }),
    'change only the images of Pods',
  ],
  'whose step reads other objects beside its variable': [
    withFirstStep({ apiCall: { urlPath: '/api/v1/namespaces/kube-system/secrets' } }),
    'change only the images of Pods',
  ],
  'with other filters beside its own': [
    clusterPolicy(name, { match: { ...matching('Pod'), all: [{ resources: { kinds: ['Secret'] } }] } }),
    'as they are admitted',
  ],
};

describe('The admission policy, asked for a ClusterPolicy whose schema refuses nothing,', function () {
  this.timeout(60_000);
  const cluster = useCluster();

  const createAsOperator = async (policy: Manifest): Promise<CommandResult> =>
    await cluster().kubectl(['create', '--dry-run=server', '-f', '-', ...OPERATOR_WITH_ALL_RIGHTS], {
      stdin: JSON.stringify({ ...policy, apiVersion: `${group}/v1`, kind }),
    });

  before(async () => {
    await installOperator(cluster());
    await cluster().apply([CRD]);
    await eventually(async () => {
      expect((await createAsOperator(clusterPolicy('another'))).stderr).to.include('ValidatingAdmissionPolicy');
    });
  });
  after(async () => {
    expect((await cluster().kubectl(['delete', 'crd', CRD.metadata.name])).code).to.equal(0);
  });

  it('takes one as the operator writes it', async () => {
    const { code, stderr } = await createAsOperator(clusterPolicy(name));
    expect(code, stderr).to.equal(0);
  });

  for (const [how, [policy, message]] of Object.entries(REFUSED)) {
    it(`refuses one ${how}`, async () => {
      const { code, stderr } = await createAsOperator(policy);
      expect(code, stderr).to.not.equal(0);
      expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(message);
    });
  }
});
