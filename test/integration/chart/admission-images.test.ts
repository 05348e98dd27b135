import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { renderEmpty, renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine, PolicySettings } from '../../../src/engines/settings.js';
import type { CommandResult } from '../../support/command.js';
import type { Manifest } from '../../support/chart.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { eventually } from '../../support/wait.js';
import { isServed, SERVED_ENGINES } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { clusterPolicy, mutatingPolicy, ownCel, ownForEach } from './kyverno-policies.js';

const name = 'registry-mirrors-test';
const MESSAGE = 'change only the images of Pods';

/** What somebody with the operator's token may want of a Pod: operations of a JSON patch. */
const WANTED: Readonly<Record<string, object>> = {
  'the command': { op: 'add', path: '/spec/containers/0/command', value: ['sh'] },
  'the ServiceAccount': { op: 'add', path: '/spec/serviceAccountName', value: 'admin' },
  'the volumes': { op: 'add', path: '/spec/volumes/-', value: { name: 'root', hostPath: { path: '/' } } },
  'the containers': { op: 'add', path: '/spec/containers/-', value: { name: 'b', image: 'c' } },
  'the pull secrets': { op: 'add', path: '/spec/imagePullSecrets', value: [{ name: 'their-login' }] },
};
const COMMAND = JSON.stringify([WANTED['the command']]);
const MERGE = { spec: { serviceAccountName: 'admin' } };

const each = ownForEach();
const steps = each.context;
const patch = String(steps.at(-1)?.variable.jmesPath);
const forEach = (...all: readonly object[]): Manifest => clusterPolicy(name, { mutate: { foreach: all } });
const context = (...more: readonly object[]): Manifest => forEach({ ...each, context: more });
const lastStep = (variable: object): Manifest => context(...steps.slice(0, -1), { name: 'patch', variable });

/** Ways in which a ClusterPolicy may come to another patch than the operator's own rules. */
const CLUSTER_POLICIES: Readonly<Record<string, Manifest>> = {
  'with a strategic merge': clusterPolicy(name, { mutate: { patchStrategicMerge: MERGE } }),
  'with a strategic merge for each item': forEach({ list: each.list, patchStrategicMerge: MERGE }),
  'with a strategic merge beside the own patch': forEach({ ...each, patchStrategicMerge: MERGE }),
  'with a strategic merge beside the items': clusterPolicy(name, {
    mutate: { foreach: [each], patchStrategicMerge: MERGE },
  }),
  'with a patch beside the items': clusterPolicy(name, { mutate: { foreach: [each], patchesJson6902: COMMAND } }),
  'with a second list of items': forEach(each, { list: each.list, patchesJson6902: COMMAND }),
  'with more than the step in its patch': forEach({ ...each, patchesJson6902: `{{ patch }}\n${COMMAND}` }),
  'with another variable as its patch': forEach({
    ...each,
    context: [...steps, { name: 'other', variable: { value: COMMAND } }],
    patchesJson6902: '{{ other }}',
  }),
  'with an expression as its patch': forEach({ ...each, patchesJson6902: "{{ patch || '[]' }}" }),
  'with text around the last step': lastStep({ jmesPath: `${patch} ` }),
  'with variables within the last step': lastStep({ jmesPath: patch.replace('path: path', 'path: `{{ p }}`') }),
  'with a last step without a look at the paths': lastStep({
    jmesPath: 'rewrites && rewrites[].{op: op, path: path, value: new} || `[]` | to_string(@)',
  }),
  'with a default of the last step': lastStep({ jmesPath: patch, default: COMMAND }),
  'with a value that the last step looks at': lastStep({ jmesPath: patch, value: { rewrites: [] } }),
  'with a value as the last step': lastStep({ value: COMMAND }),
  'with two last steps': context(...steps, { name: 'patch', variable: { value: COMMAND } }),
  'with the last step twice, the own one last': context({ name: 'patch', variable: { value: COMMAND } }, ...steps),
  'with the last step for the whole rule': clusterPolicy(name, {
    context: [{ name: 'patch', variable: { value: COMMAND } }],
    mutate: { foreach: [each] },
  }),
  'without a last step': context(...steps.slice(0, -1)),
  'with a step that is named by a pattern': context({ name: 'p.tch', variable: { value: COMMAND } }, ...steps),
};

const cel = ownCel();
const [mutation] = cel.mutations;
const expression = mutation?.jsonPatch.expression ?? '';
const jsonPatch = (text: string): object => ({ patchType: 'JSONPatch', jsonPatch: { expression: text } });
const applied = {
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression: 'Object{spec: Object.spec{serviceAccountName: "admin"}}' },
};
const mutations = (...all: readonly (object | undefined)[]): Manifest => mutatingPolicy(name, { mutations: all });
const SERVICE_ACCOUNT_PATCH = '[JSONPatch{op: "add", path: "/spec/serviceAccountName", value: "admin"}]';

/** The same for a MutatingPolicy. */
const MUTATING_POLICIES: Readonly<Record<string, Manifest>> = {
  'with an apply configuration': mutations(applied),
  'with an apply configuration behind the own patch': mutations(mutation, applied),
  'with a second patch': mutations(mutation, jsonPatch(SERVICE_ACCOUNT_PATCH)),
  'with a patch before the own one': mutations(jsonPatch(SERVICE_ACCOUNT_PATCH), mutation),
  'with more in its patch': mutations(jsonPatch(`${expression} + ${SERVICE_ACCOUNT_PATCH}`)),
  'with a patch of all that a variable has': mutations(jsonPatch('variables.rewrites')),
  'with a patch that looks at no path': mutations(
    jsonPatch('variables.rewrites.map(r, JSONPatch{op: "add", path: r.path, value: r.newName})'),
  ),
  'with the own patch as one of another type': mutations({ ...mutation, patchType: 'ApplyConfiguration' }),
  'with an apply configuration in the own patch': mutations({ ...mutation, ...applied, patchType: 'JSONPatch' }),
};

/** Settings on which the form of a policy depends. */
const SETTINGS: readonly Partial<PolicySettings>[] = [
  {},
  { failurePolicy: 'Ignore', podsWithPullSecrets: 'Rewrite', injected: 'Always' },
  { pullSecret: 'Inject', podsWithPullSecrets: 'Rewrite' },
  { pullSecret: 'Inject', ignorePullSecrets: ['*-dockercfg-*'], podSelector: { matchLabels: { a: 'b' } } },
];
const ENTRIES: readonly MirrorEntry[] = ['docker.io', 'quay.io', "q'uay.io", 'images.example.org'].map((host, at) => ({
  mirror: `m${at}`,
  hosts: [host],
  pullPrefix: `harbor.example.org/m${at}`,
  include: at === 1 ? ['a/**', 'b/*'] : [],
  exclude: at === 1 ? ['a/c'] : [],
}));

/** What the operator writes for mirrors with such settings, and what that becomes before it is deleted. */
function written(engine: PolicyEngine, more: Partial<PolicySettings>): readonly RenderedPolicy[] {
  const settings: PolicySettings = { engine, ...DEFAULT_SETTINGS, ...more };
  const placed = ENTRIES.map((entry) => ({ entry, settings }));
  return [...renderPolicies(placed, { excludedNamespaces: ['kube-*'] }), renderEmpty(name, settings)];
}

describe('The admission policy, asked with the operator’s own token for what changes more of a Pod than images,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let kubeconfig: string;

  const asOperator = async (object: object): Promise<CommandResult> => {
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=ignore', '-f', '-'];
    return await cluster().kubectl(args, { stdin: JSON.stringify(object), kubeconfig });
  };
  const expectRefusal = async (object: object): Promise<void> => {
    const { code, stderr } = await asOperator(object);
    expect(code, stderr).to.not.equal(0);
    expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(MESSAGE);
  };
  const expectAccepted = async (object: object): Promise<void> => {
    const { code, stderr } = await asOperator(object);
    expect(code, stderr).to.equal(0);
  };

  before(async () => {
    await installOperator(cluster());
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await eventually(async () => {
      expect((await asOperator(clusterPolicy('another'))).code).to.not.equal(0);
    });
  });

  for (const [what, operation] of Object.entries(WANTED)) {
    it(`refuses a ClusterPolicy that changes ${what}`, async () => {
      const text = JSON.stringify([operation]);
      await expectRefusal(clusterPolicy(name, { mutate: { patchesJson6902: text } }));
      await expectRefusal(forEach({ list: 'request.object.spec.containers', patchesJson6902: text }));
      await expectRefusal(lastStep({ jmesPath: `'${text}'` }));
    });
  }
  for (const [how, policy] of Object.entries(CLUSTER_POLICIES)) {
    it(`refuses a ClusterPolicy ${how}`, async () => {
      await expectRefusal(policy);
    });
  }

  for (const [how, policy] of Object.entries(MUTATING_POLICIES).filter(([, each]) => isServed(each))) {
    it(`refuses a MutatingPolicy ${how}`, async () => {
      await expectRefusal(policy);
    });
  }

  for (const engine of SERVED_ENGINES.filter((kind) => ENGINES[kind].isKyverno)) {
    for (const more of SETTINGS) {
      it(`takes a ${engine} as the operator writes it, and emptied, with ${JSON.stringify(more)}`, async () => {
        for (const { object } of written(engine, more)) await expectAccepted(object);
      });
    }
  }
});
