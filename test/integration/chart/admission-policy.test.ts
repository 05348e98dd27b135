import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Cluster } from '../../cluster/cluster.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import type { Manifest } from '../../support/chart.js';
import { eventually } from '../../support/wait.js';
import { isServed } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { useAsOperator } from './as-operator.js';
import { clusterPolicy, constraints, matching, mutatingPolicy, ownForEach, unlabelled } from './kyverno-policies.js';

const name = 'registry-mirrors-test';

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
  ['a ClusterPolicy without a filter', clusterPolicy(name, { match: { any: [] } }), 'as they are admitted'],
  [
    'a ClusterPolicy with a filter outside its lists',
    clusterPolicy(name, { match: { ...matching('Pod'), resources: { kinds: ['Secret'] } } }),
    'as they are admitted',
  ],
  ['a ClusterPolicy that changes nothing', clusterPolicy(name, { mutate: undefined }), 'as they are admitted'],
  [
    'a ClusterPolicy that makes objects as well',
    clusterPolicy(name, { generate: { apiVersion: 'v1', kind: 'Secret', name: 'a', namespace: 'b', data: {} } }),
    'as they are admitted',
  ],
  [
    'a ClusterPolicy that checks Pods as well',
    clusterPolicy(name, { validate: { message: 'a', deny: {} } }),
    'as they are admitted',
  ],
  [
    'a ClusterPolicy that verifies images as well',
    clusterPolicy(name, { verifyImages: [{ imageReferences: ['*'] }] }),
    'as they are admitted',
  ],
  [
    'a ClusterPolicy that reads other objects',
    clusterPolicy(name, {
      context: [{ name: 'found', apiCall: { urlPath: '/api/v1/namespaces/kube-system/secrets' } }],
    }),
    'read nothing but the Pod',
  ],
  [
    'a ClusterPolicy that reads other objects for each element',
    clusterPolicy(name, {
      mutate: {
        foreach: [
          {
            list: 'request.object.spec.containers',
            context: [{ name: 'found', configMap: { name: 'a', namespace: 'kube-system' } }],
            patchesJson6902: '- {op: add, path: /metadata/labels/a, value: b}',
          },
        ],
      },
    }),
    'read nothing but the Pod',
  ],
  [
    'a ClusterPolicy with elements of elements',
    clusterPolicy(name, { mutate: { foreach: [{ ...ownForEach(), foreach: [ownForEach()] }] } }),
    'read nothing but the Pod',
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
  const operator = useAsOperator(cluster);

  for (const [what, object, message] of REFUSED.filter(([, policy]) => isServed(policy))) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await operator.apply(object);
      expect(code, stderr).to.not.equal(0);
      expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(message);
    });
  }

  for (const object of [clusterPolicy(name), clusterPolicy('registry-mirrors'), mutatingPolicy(name)].filter(
    isServed,
  )) {
    it(`takes a ${object.kind} for Pods, named ${object.metadata.name}`, async () => {
      const { code, stderr } = await operator.apply(object);
      expect(code, stderr).to.equal(0);
    });
  }

  it('refuses to delete a policy of somebody else, and doesn’t look at what others do', async () => {
    await cluster().apply([clusterPolicy('require-labels')]);
    const { code, stderr } = await operator.run(['delete', 'clusterpolicy', 'require-labels']);
    expect(code).to.not.equal(0);
    expect(stderr).to.include('names begin with registry-mirrors');
    const asAdmin = await cluster().kubectl(['delete', 'clusterpolicy', 'require-labels']);
    expect(asAdmin.code, asAdmin.stderr).to.equal(0);
  });
});

const TOKEN = { 'kubernetes.io/service-account.name': 'default' };
const PULL = { 'registrymirror.io/credentials': 'pull' };

function secret(name: string, namespace: string, type: string, labels = PULL, annotations = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name, namespace, labels, annotations },
    ...(type === DOCKER ? { stringData: { '.dockerconfigjson': '{"auths":{}}' } } : {}),
  };
}

const DOCKER = 'kubernetes.io/dockerconfigjson';
const APPLY = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
const MINTED = 'kubernetes.io/service-account-token';

/** What the operator may not write, though `features.pullSecrets` gives it the right to write Secrets in all namespaces. */
const REFUSED_SECRETS: readonly (readonly [string, Manifest])[] = [
  ['the token of another ServiceAccount', secret('registry-mirror-pull-a', 'kube-system', MINTED, PULL, TOKEN)],
  ['the token of a ServiceAccount in its own namespace', secret('token', NAMESPACE, MINTED, PULL, TOKEN)],
  ['another Secret in its own namespace', secret('harbor', NAMESPACE, 'Opaque')],
  ['a Secret of another type', secret('registry-mirror-pull-a', 'default', 'Opaque')],
  ['a Secret of another name', secret('their-login', 'default', DOCKER)],
  [
    'a pull Secret without its label',
    {
      ...secret('registry-mirror-pull-a', 'default', DOCKER),
      metadata: { name: 'registry-mirror-pull-a', namespace: 'default' },
    },
  ],
];

describe('The admission policy for Secrets, asked with the operator’s own token,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  const component = ['-k', fileURLToPath(new URL('../../../config/components/pull-secrets', import.meta.url))];
  let kubeconfig: string;

  const asOperator = async (args: readonly string[], object?: Manifest): ReturnType<Cluster['kubectl']> =>
    await cluster().kubectl(args, { kubeconfig, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  const create = async (object: Manifest): ReturnType<Cluster['kubectl']> =>
    await asOperator(['create', '-f', '-', '--dry-run=server'], object);

  before(async () => {
    await installOperator(cluster());
    await cluster().kubectl(['apply', ...component]);
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await eventually(async () => {
      expect((await create(secret('their-login', 'default', DOCKER))).stderr).to.include('ValidatingAdmissionPolicy');
    });
  });
  after(async () => {
    await cluster().kubectl(['delete', ...component]);
  });

  for (const [what, object] of REFUSED_SECRETS) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await create(object);
      expect(code, stderr).to.not.equal(0);
      expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator-secrets'");
    });
  }

  it('takes a pull Secret in any namespace, and the operator’s key and robot account in its own', async () => {
    for (const object of [
      secret('registry-mirror-pull-a', 'default', DOCKER),
      secret('registry-mirror-pull-a', NAMESPACE, DOCKER),
      secret('registry-mirror-operator-robot', NAMESPACE, 'Opaque'),
    ]) {
      const { code, stderr } = await create(object);
      expect(code, stderr).to.equal(0);
    }
  });

  for (const theirs of ['their-login', 'registry-mirror-pull-theirs']) {
    it(`refuses to make the Secret ${theirs} of somebody else its own, and to delete it`, async () => {
      const at = ['secret', theirs, '-n', 'default'];
      await cluster().apply([secret(theirs, 'default', DOCKER, { 'registrymirror.io/credentials': 'upstream' })]);
      const forced = await asOperator(APPLY, secret(theirs, 'default', DOCKER));
      for (const { code, stderr } of [forced, await asOperator(['delete', ...at])]) {
        expect(code, stderr).to.not.equal(0);
        expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator-secrets'");
      }
      expect((await cluster().kubectl(['delete', ...at])).code).to.equal(0);
    });
  }

  it('lets it delete a pull Secret that somebody has made anew with another type, to make it itself', async () => {
    const at = ['secret', 'registry-mirror-pull-b', '-n', 'default'];
    await cluster().apply([secret('registry-mirror-pull-b', 'default', 'Opaque')]);
    const { code, stderr } = await asOperator(['delete', ...at]);
    expect(code, stderr).to.equal(0);
  });
});
