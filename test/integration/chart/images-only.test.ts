import { expect } from 'chai';
import { pullSecretName } from '../../../src/engines/pull-secret.js';
import type { CommandResult } from '../../support/command.js';
import type { Manifest } from '../../support/chart.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { dryRun, podOf } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { SERVED_ENGINES } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { clusterPolicy, mutatingPolicy, ownCel, ownForEach, withSteps } from './kyverno-policies.js';

const name = 'registry-mirrors-planted';
const IMAGE = 'harbor.example.org/other/thing:1';
const OWN_SECRET = pullSecretName({ mirror: 'known', pullPrefix: 'harbor.example.org/known' });

/** Paths in a Pod at which no image stands, and values that would be worth something there. */
const PATHS: readonly (readonly [string, unknown])[] = [
  ['/spec/serviceAccountName', 'default'],
  ['/spec/serviceAccount', 'default'],
  ['/spec/nodeName', 'node'],
  ['/spec/imagePullSecrets', [{ name: 'their-login' }]],
  ['/spec/imagePullSecrets/0/name', 'their-login'],
  ['/spec/containers/0/command/0', 'sh'],
  ['/spec/containers/0/name', 'other'],
  ['/spec/containers/0/env/0/value', 'other'],
  ['/spec/containers/0/terminationMessagePath', '/spec/containers/0/image'],
  ['/spec/containers/0/image\n/../command/0', 'sh'],
  ['/spec/containers/0', { name: 'other', image: 'other' }],
  ['/spec/volumes/0', { name: 'data', hostPath: { path: '/' } }],
  ['/spec/volumes/0/name', 'other'],
  ['/spec/restartPolicy', 'Never'],
  ['/metadata/labels/app', 'other'],
  ['/metadata/labels/registrymirror.io~1/spec', 'other'],
  ['/metadata/name', 'other'],
];
/** With one at the end that shows that the policy is in force. */
const REWRITES = [...PATHS, ['/spec/containers/0/image', IMAGE] as const];

const pod = (): Pod =>
  podOf(
    [],
    {
      containers: [{ name: 'c', image: 'known.example.org/a', command: ['a'], env: [{ name: 'A', value: 'b' }] }],
      volumes: [{ name: 'data', emptyDir: {} }],
      // The API server gives the volume of a token another name each time.
      automountServiceAccountToken: false,
    },
    { name: 'planted', labels: { app: 'a' } },
  );

const literal = (value: unknown): string => `\`${JSON.stringify(value)}\``;

/** A ClusterPolicy with the operator's last step, and before it steps that say other things. */
function clusterPolicyOf(pullSecret: 'None' | 'Inject'): Manifest {
  const rewrites = REWRITES.map(([path, value]) => ({ path, new: value, key: 'c', image: 'a', prefix: 'x' }));
  const each = withSteps(ownForEach({ pullSecret }), {
    rewrites: { jmesPath: literal(rewrites) },
    notes: { value: { annotation: 'a', annotationPath: '/spec/hostname', labelPath: '/metadata/labels/app' } },
    originals: { value: 'other' },
    added: {
      jmesPath: literal([{ name: 'their-login' }, { name: OWN_SECRET, other: 'x' }, { other: OWN_SECRET, name: '' }]),
    },
  });
  return clusterPolicy(name, {
    match: { any: [{ resources: { kinds: ['Pod'], operations: ['CREATE'] } }] },
    mutate: { foreach: [each] },
  });
}

/** As CEL, in which all members of a map and all items of a list have to be of one type. */
function cel(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => `dyn(${cel(item)})`).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: dyn(${cel(member)})`)
    .join(', ')}}`;
}

/** The same of a MutatingPolicy. */
function mutatingPolicyOf(pullSecret: 'None' | 'Inject'): Manifest {
  const rewrites = REWRITES.map(([path, value]) => ({ path, newName: value, name: 'c', image: 'a' }));
  const pullSecrets = [{ name: 'their-login' }, { name: OWN_SECRET, other: 'x' }];
  return mutatingPolicy(name, {
    ...ownCel({ pullSecret }, { rewrites: cel(rewrites), pullSecrets: cel(pullSecrets) }),
  });
}

const POLICIES = { ClusterPolicy: clusterPolicyOf, MutatingPolicy: mutatingPolicyOf };

describe('A policy with the operator’s own patch, written with its token,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let kubeconfig: string;

  const asOperator = async (args: readonly string[], object?: Manifest): Promise<CommandResult> =>
    await cluster().kubectl(args, { kubeconfig, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  const expectAccepted = ({ code, stderr }: CommandResult): void => {
    expect(code, stderr).to.equal(0);
  };
  const imageOf = async (namespace: string): Promise<string | undefined> =>
    (await dryRun(cluster().api, namespace, pod())).spec.containers[0]?.image;

  before(async () => {
    await installOperator(cluster());
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
  });

  for (const engine of ['ClusterPolicy', 'MutatingPolicy'] as const) {
    if (!SERVED_ENGINES.includes(engine)) continue;
    for (const pullSecret of ['None', 'Inject'] as const) {
      it(`changes nothing of a Pod but images, whatever its steps say (${engine}, pullSecret: ${pullSecret})`, async () => {
        const namespace = await cluster().createNamespace();
        const before = await dryRun(cluster().api, namespace, pod());
        expectAccepted(await asOperator(['create', '-f', '-'], POLICIES[engine](pullSecret)));
        try {
          await eventually(async () => {
            expect(await imageOf(namespace)).to.equal(IMAGE);
          });
          const { metadata, spec } = await dryRun(cluster().api, namespace, pod());
          const [container] = before.spec.containers;
          const secrets = pullSecret === 'None' ? {} : { imagePullSecrets: [{ name: OWN_SECRET }] };
          expect(spec).to.deep.equal({ ...before.spec, containers: [{ ...container, image: IMAGE }], ...secrets });
          expect(metadata.name).to.equal('planted');
          expect(metadata.labels?.app).to.equal('a');
        } finally {
          expectAccepted(await asOperator(['delete', engine.toLowerCase(), name]));
          await eventually(async () => {
            expect(await imageOf(namespace)).to.not.equal(IMAGE);
          });
        }
      });
    }
  }
});
