import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import type { CommandResult } from '../../support/command.js';
import { NAMESPACE, OPERATOR_USER } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { isServed, SERVED_ENGINES, servedVersion } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { useAsOperator } from './as-operator.js';
import { clusterPolicy, constraints, matching, mutatingPolicy, unlabelled } from './kyverno-policies.js';

/** Named as the operator's are, and made by somebody else. */
const THEIRS = 'registry-mirrors-theirs';
const OURS = 'registry-mirrors-ours';
const KINDS = SERVED_ENGINES.filter((engine) => ENGINES[engine].isKyverno);
const FORCED = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
const READING = 'http.get("http://thief.example.org").a == "b"';

describe('The admission policy, asked with the operator’s own token in other ways than by applying,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  const { run: asOperator } = useAsOperator(cluster);

  const asAdmin = async (args: readonly string[]): Promise<void> => {
    const { code, stderr } = await cluster().kubectl(args);
    expect(code, stderr).to.equal(0);
  };
  const expectRefusal = ({ code, stderr }: CommandResult, message: string): void => {
    expect(code, stderr).to.not.equal(0);
    expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(message);
  };
  const remove = async (): Promise<void> => {
    await asAdmin([
      'delete',
      'validatingadmissionpolicies,validatingadmissionpolicybindings',
      'everything-refused',
      '--ignore-not-found',
    ]);
    for (const kind of KINDS) await asAdmin(['delete', kind, THEIRS, OURS, 'require-labels', '--ignore-not-found']);
  };

  before(async () => {
    const theirs = [clusterPolicy(THEIRS), mutatingPolicy(THEIRS)].map(unlabelled);
    const all = [clusterPolicy('require-labels'), clusterPolicy(OURS), mutatingPolicy(OURS), ...theirs];
    await cluster().apply(all.filter(isServed));
  });
  after(remove);

  it('looks at the name that the API server makes up', async () => {
    const named = (generateName: string): object => {
      const policy = clusterPolicy('');
      const { labels, annotations } = policy.metadata;
      return { ...policy, metadata: { labels, annotations, generateName } };
    };
    const create = ['create', '--dry-run=server', '-f', '-'];
    expectRefusal(await asOperator(create, named('registry-mirror')), 'names begin with registry-mirrors');
    const { code, stderr } = await asOperator(create, named('registry-mirrors-'));
    expect(code, stderr).to.equal(0);
  });

  for (const kind of KINDS) {
    const theirs = kind === 'ClusterPolicy' ? clusterPolicy(THEIRS) : mutatingPolicy(THEIRS);

    it(`refuses to make the ${kind} of somebody else its own, whatever it is named`, async () => {
      const label = 'registrymirror.io/managed-by=registry-mirror-operator';
      expectRefusal(await asOperator(['label', kind, THEIRS, label]), 'only policies that it made');
      expectRefusal(await asOperator(['annotate', kind, THEIRS, 'registrymirror.io/mirrors=[]']), 'that it made');
      expectRefusal(await asOperator(FORCED, theirs), 'only policies that it made');
      expectRefusal(await asOperator(['delete', kind, THEIRS]), 'only policies that it made');
    });

    it(`refuses a patch of a ${kind}’s labels alone that hides whose it is`, async () => {
      const hidden = await asOperator(['label', kind, OURS, 'registrymirror.io/managed-by-']);
      expectRefusal(hidden, 'managed-by=registry-mirror-operator');
    });

    it(`lets it give a ${kind} its label back, and delete it`, async () => {
      await asAdmin(['label', kind, OURS, 'registrymirror.io/managed-by-']);
      await asAdmin(['annotate', kind, OURS, 'registrymirror.io/mirrors=[]']);
      const label = 'registrymirror.io/managed-by=registry-mirror-operator';
      for (const args of [
        ['label', kind, OURS, label],
        ['delete', kind, OURS, '--dry-run=server'],
      ]) {
        const { code, stderr } = await asOperator(args);
        expect(code, stderr).to.equal(0);
      }
    });
  }

  it('refuses a patch of annotations alone that has Kyverno change what makes Pods', async () => {
    const annotation = 'pod-policies.kyverno.io/autogen-controllers=Deployment';
    const annotated = await asOperator(['annotate', '--overwrite', 'clusterpolicy', OURS, annotation]);
    expectRefusal(annotated, 'as they are admitted');
  });

  it('refuses what is applied by force', async () => {
    const policy = clusterPolicy(OURS, { match: matching('Secret') });
    expectRefusal(await asOperator(FORCED, policy), 'policies for Pods');
  });

  if (SERVED_ENGINES.includes('MutatingPolicy')) {
    it('refuses what is applied by force as a MutatingPolicy, or patched into one of its own', async () => {
      const patch = [{ op: 'add', path: '/spec/matchConditions', value: [{ name: 'a', expression: READING }] }];
      const patched = await asOperator(['patch', 'mutatingpolicy', OURS, '--type=json', '-p', JSON.stringify(patch)]);
      expectRefusal(patched, 'read nothing but the Pod');
      const elsewhere = mutatingPolicy(OURS, { targetMatchConstraints: constraints('', 'secrets') });
      expectRefusal(await asOperator(FORCED, elsewhere), 'as they are admitted');
    });

    it('lets it write the rest of a MutatingPolicy that somebody has added to, and nothing new of that kind', async () => {
      const added = [
        { op: 'add', path: '/spec/matchConditions', value: [{ name: 'theirs', expression: READING }] },
        { op: 'add', path: '/spec/auditAnnotations', value: [{ key: 'a', valueExpression: '"b"' }] },
      ];
      await asAdmin(['patch', 'mutatingpolicy', OURS, '--type=json', '-p', JSON.stringify(added)]);
      const annotated = await asOperator(['annotate', 'mutatingpolicy', OURS, 'a=b', '--dry-run=server']);
      expect(annotated.code, annotated.stderr).to.equal(0);
      const more = [{ op: 'add', path: '/spec/matchConditions/-', value: { name: 'b', expression: `${READING} ` } }];
      const patched = await asOperator(['patch', 'mutatingpolicy', OURS, '--type=json', '-p', JSON.stringify(more)]);
      expectRefusal(patched, 'read nothing but the Pod');
    });
  }

  if (SERVED_ENGINES.includes('MutatingAdmissionPolicy'))
    it('isn’t asked about MutatingAdmissionPolicies, whatever its rules are: only without the right are there none', async () => {
      await cluster().apply(everythingRefused());
      const create = ['create', '--dry-run=server', '-f', '-'];
      const metadata = { name: 'registry-mirror-operator-robot', namespace: NAMESPACE };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata };
      await eventually(async () => {
        expect((await asOperator(create, secret)).stderr).to.include('everything-refused');
      });
      const { code, stderr } = await asOperator(create, builtIn());
      expect(code, stderr).to.equal(0);
    });
});

/** For the operator's ServiceAccount alone. */
function everythingRefused(): readonly object[] {
  const [apiVersion, metadata] = ['admissionregistration.k8s.io/v1', { name: 'everything-refused' }];
  const kind = 'ValidatingAdmissionPolicy';
  const rule = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] };
  const spec = {
    matchConstraints: { resourceRules: [rule] },
    matchConditions: [{ name: 'operator', expression: `request.userInfo.username == "${OPERATOR_USER}"` }],
    validations: [{ expression: 'false', message: 'everything-refused' }],
  };
  const binding = { policyName: metadata.name, validationActions: ['Deny'] };
  return [
    { apiVersion, kind, metadata, spec },
    { apiVersion, kind: `${kind}Binding`, metadata, spec: binding },
  ];
}

/** One that would change Secrets. */
function builtIn(): object {
  const expression = 'Object{metadata: Object.metadata{annotations: {"a": "b"}}}';
  const kind = 'MutatingAdmissionPolicy';
  return {
    apiVersion: servedVersion({ apiVersion: 'admissionregistration.k8s.io/v1', kind }),
    kind,
    metadata: { name: 'for-secrets' },
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: constraints('', 'secrets'),
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    },
  };
}
