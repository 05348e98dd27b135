import { expect } from 'chai';
import type { CommandResult } from '../../support/command.js';
import type { Manifest } from '../../support/chart.js';
import { NAMESPACE, SERVICE_ACCOUNT, installOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { SERVED_ENGINES } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { clusterPolicy, mutatingPolicy, ownCel, ownForEach, withSteps } from './kyverno-policies.js';

const name = 'registry-mirrors-former';
const MESSAGE = 'change only the images of Pods';

const FORMER_PATCH = "rewrites && rewrites[].{op: 'replace', path: path, value: new} || `[]` | to_string(@)";
const OTHER_PATCH = "'[]'";
const FORMER_CEL = 'variables.rewrites.map(r, JSONPatch{op: "replace", path: r.path, value: r.newName})';
const OTHER_CEL = '[JSONPatch{op: "add", path: "/spec/serviceAccountName", value: "admin"}]';

/** What the operator of an older version wrote: its mirrors, and the texts that make the patch. */
const FORMER: readonly (readonly [
  form: string,
  kind: 'ClusterPolicy' | 'MutatingPolicy',
  policy: (mirrors: string, patch?: string) => Manifest,
  otherPatch: string,
])[] = [
  [
    'of the last form but one',
    'ClusterPolicy',
    (mirrors, patch = FORMER_PATCH) => {
      const each = withSteps(ownForEach(), {
        mirrors: { value: { [mirrors]: 'harbor.example.org/a' } },
        patch: { jmesPath: patch },
      });
      return clusterPolicy(name, { mutate: { foreach: [each] } });
    },
    OTHER_PATCH,
  ],
  [
    'whose steps stand beside the list',
    'ClusterPolicy',
    (mirrors, patch = FORMER_PATCH) => {
      const steps = [
        { name: 'mirrors', variable: { value: { [mirrors]: 'harbor.example.org/a' } } },
        { name: 'rewrites', variable: { jmesPath: '`[]`' } },
        { name: 'patch', variable: { jmesPath: patch } },
      ];
      const mutate = { foreach: [{ list: 'patch', patchesJson6902: '{{ element }}' }] };
      return clusterPolicy(name, { context: steps, mutate });
    },
    OTHER_PATCH,
  ],
  [
    'of the last form but one',
    'MutatingPolicy',
    (mirrors, patch = FORMER_CEL) =>
      mutatingPolicy(name, {
        ...ownCel({}, { pullPrefixes: `{"${mirrors}": "harbor.example.org/a"}` }),
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: patch } }],
      }),
    OTHER_CEL,
  ],
];

describe('The admission policy, while the operator is upgraded,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let kubeconfig: string;

  const asOperator = async (args: readonly string[], object?: Manifest): Promise<CommandResult> =>
    await cluster().kubectl(args, { kubeconfig, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  const write = async (object: Manifest): Promise<CommandResult> =>
    await asOperator(['apply', '--server-side', '--force-conflicts', '--validate=ignore', '-f', '-'], object);
  const expectAccepted = ({ code, stderr }: CommandResult): void => {
    expect(code, stderr).to.equal(0);
  };
  const expectRefusal = ({ code, stderr }: CommandResult): void => {
    expect(code, stderr).to.not.equal(0);
    expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(MESSAGE);
  };

  before(async () => {
    await installOperator(cluster());
    kubeconfig = await cluster().serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await eventually(async () => {
      expect((await write(clusterPolicy('another'))).code).to.not.equal(0);
    });
  });

  for (const [form, kind, former, otherPatch] of FORMER) {
    if (!SERVED_ENGINES.includes(kind)) continue;
    it(`lets the operator of before go on writing a ${kind} ${form}, until it has the new form`, async () => {
      await cluster().apply([former('one.example.org')]);
      try {
        expectAccepted(await write(former('two.example.org')));
        expectAccepted(await asOperator(['annotate', kind.toLowerCase(), name, 'a=b']));
        expectRefusal(await write(former('two.example.org', otherPatch)));
        expectAccepted(await write(kind === 'ClusterPolicy' ? clusterPolicy(name) : mutatingPolicy(name)));
        expectRefusal(await write(former('two.example.org')));
      } finally {
        expectAccepted(await asOperator(['delete', kind.toLowerCase(), name]));
      }
    });

    it(`lets the operator delete a ${kind} ${form}, and make none`, async () => {
      expectRefusal(await write(former('one.example.org')));
      await cluster().apply([former('one.example.org')]);
      expectAccepted(await asOperator(['delete', kind.toLowerCase(), name]));
    });
  }
});
