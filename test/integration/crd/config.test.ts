import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { upstreamHosts, upstreamTypes } from '../../../src/api/spec/upstream-types.js';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { eventually } from '../../support/wait.js';
import { collection } from './mirror.js';

/** The first start may have to build everything. */
const startTimeoutMs = 40 * 60_000;
const config = fileURLToPath(new URL('../../../config/', import.meta.url));
const namespace = 'registry-mirror-system';
const operator = `system:serviceaccount:${namespace}:registry-mirror-operator`;

interface Request {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

function title({ verb, group = '', resource, subresource, namespace: within, name }: Request): string {
  const what = [
    resource,
    ...(group === '' ? [] : [`.${group}`]),
    ...(subresource === undefined ? [] : [`/${subresource}`]),
  ];
  return [
    verb,
    what.join(''),
    ...(name === undefined ? [] : [name]),
    ...(within === undefined ? [] : [`in ${within}`]),
  ].join(' ');
}

const mirrors = { group: 'registrymirror.io', resource: 'registrymirrors' };
const webhooks = { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' };
const leases = { group: 'coordination.k8s.io', resource: 'leases', namespace };
const key = 'registry-mirror-operator-key';
const policies = [
  { group: 'kyverno.io', resource: 'clusterpolicies' },
  { group: 'policies.kyverno.io', resource: 'mutatingpolicies' },
  { group: 'admissionregistration.k8s.io', resource: 'mutatingadmissionpolicies' },
  { group: 'admissionregistration.k8s.io', resource: 'mutatingadmissionpolicybindings' },
];

const allowed: readonly Request[] = [
  ...['list', 'watch', 'patch'].map((verb) => ({ verb, ...mirrors })),
  { verb: 'patch', ...mirrors, subresource: 'status' },
  ...policies.flatMap((policy) => ['list', 'watch', 'create', 'patch', 'delete'].map((verb) => ({ verb, ...policy }))),
  ...['list', 'watch'].map((verb) => ({ verb, ...webhooks })),
  ...['kube-system', 'harbor'].map((name) => ({ verb: 'get', resource: 'namespaces', name })),
  ...['get', 'list', 'watch', 'create'].map((verb) => ({ verb, resource: 'secrets', namespace })),
  { verb: 'update', resource: 'secrets', namespace, name: key },
  { verb: 'patch', resource: 'secrets', namespace, name: 'registry-mirror-operator-robot' },
  { verb: 'create', ...leases },
  { verb: 'update', ...leases, name: 'registry-mirror-operator' },
  { verb: 'create', resource: 'events', namespace: 'default' },
  { verb: 'patch', group: 'events.k8s.io', resource: 'events', namespace: 'default' },
];

const refused: readonly Request[] = [
  { verb: 'create', ...mirrors },
  { verb: 'delete', ...mirrors },
  { verb: 'update', ...webhooks },
  { verb: 'delete', ...webhooks },
  ...['list', 'watch', 'patch'].map((verb) => ({ verb, resource: 'namespaces' })),
  { verb: 'list', resource: 'pods' },
  { verb: 'patch', resource: 'pods', namespace },
  { verb: 'list', resource: 'secrets' },
  { verb: 'get', resource: 'secrets', namespace: 'kube-system' },
  { verb: 'update', resource: 'secrets', namespace, name: 'harbor' },
  { verb: 'delete', resource: 'secrets', namespace, name: key },
  { verb: 'update', ...leases, name: 'another' },
  { verb: 'create', resource: 'events', namespace: 'kube-system' },
  { verb: 'get', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { verb: 'delete', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  { verb: 'patch', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicybindings' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace },
  { verb: 'create', resource: 'pods', subresource: 'exec', namespace },
  { verb: 'patch', resource: 'pods', subresource: 'ephemeralcontainers', namespace },
  { verb: 'get', resource: 'nodes', subresource: 'proxy' },
  { verb: 'create', group: 'apps', resource: 'deployments', namespace },
  { verb: 'create', group: 'kyverno.io', resource: 'policies', namespace: 'default' },
  { verb: 'create', group: 'kyverno.io', resource: 'policyexceptions', namespace: 'default' },
  { verb: 'create', group: 'kyverno.io', resource: 'updaterequests', namespace: 'kyverno' },
  { verb: 'create', group: 'policies.kyverno.io', resource: 'generatingpolicies' },
  { verb: 'create', group: 'policies.kyverno.io', resource: 'namespacedmutatingpolicies', namespace: 'default' },
  ...policies.flatMap((policy) => ['update', 'deletecollection'].map((verb) => ({ verb, ...policy }))),
  ...policies.map((policy) => ({ verb: 'patch', ...policy, subresource: 'status' })),
  { verb: 'deletecollection', ...mirrors },
  { verb: 'deletecollection', resource: 'secrets', namespace },
  { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'patch', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'bind', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'impersonate', resource: 'users' },
];

describe('What config/ installs', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(startTimeoutMs);
    cluster = await startCluster({ controllerManager: false, audit: false });
    const first = await cluster.kubectl(['apply', '-k', config]);
    expect(first.stderr).to.equal('');
    await eventually(() => cluster.api.json('GET', collection), { message: 'RegistryMirrors to be served' });
  });
  after(async () => cluster.stop());

  async function isAllowed(request: Request): Promise<boolean> {
    const review = await cluster.api.json<{ readonly status: { readonly allowed: boolean } }>(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        spec: {
          user: operator,
          groups: ['system:serviceaccounts', 'system:authenticated'],
          resourceAttributes: request,
        },
      },
    );
    return review.status.allowed;
  }

  it('changes nothing when it is applied again', async () => {
    const budget = ['get', 'poddisruptionbudget', 'registry-mirror-operator', '-n', namespace];
    const version = async (): Promise<string> =>
      (await cluster.kubectl([...budget, '-o', 'jsonpath={.metadata.resourceVersion}'])).stdout;
    const before = await version();
    const again = await cluster.kubectl(['apply', '-k', config]);
    expect(again.stderr).to.equal('');
    const lines = again.stdout.trim().split('\n');
    // kubectl sends a budget's selector each time and says `configured`, although nothing changes.
    const others = lines.filter((line) => !line.startsWith('poddisruptionbudget.policy/'));
    for (const line of others) expect(line).to.match(/ unchanged$/);
    expect([before, others.length]).to.deep.equal([await version(), lines.length - 1]);
  });

  it('has a Deployment whose Pods the namespace accepts', async () => {
    const { stdout } = await cluster.kubectl([
      'get',
      'deployment',
      'registry-mirror-operator',
      '-n',
      namespace,
      '-o',
      'json',
    ]);
    const { spec } = JSON.parse(stdout) as {
      readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
    };
    const pod = { ...spec.template, metadata: { ...spec.template.metadata, name: 'operator' } };
    const answer = await cluster.api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
    expect(answer.status, answer.body).to.equal(201);
    const unsafe = { ...pod, spec: { ...pod.spec, securityContext: {} } };
    expect((await cluster.api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, unsafe)).status).to.equal(
      403,
    );
  });

  it('has samples for every type of registry, which the API server accepts and which share no host', async () => {
    const { stdout, stderr } = await cluster.kubectl([
      'create',
      '--dry-run=server',
      '-k',
      `${config}samples`,
      '-o',
      'yaml',
    ]);
    expect(stderr).to.equal('');
    const objects = stdout.split(/^---$/m).map((text) => parse(text) as RegistryMirror | { readonly kind: 'Secret' });
    const samples = objects.filter((object) => object.kind === 'RegistryMirror');
    expect(new Set(samples.map(({ spec }) => spec.upstream.type))).to.have.keys(Object.keys(upstreamTypes));
    const hosts = samples.flatMap(({ spec }) => upstreamHosts(spec));
    expect(hosts).to.deep.equal([...new Set(hosts)]);
  });

  it('has every sample in the list that kustomize reads', () => {
    const { resources } = parse(readFileSync(`${config}samples/kustomization.yaml`, 'utf8')) as {
      readonly resources: readonly string[];
    };
    const types = Object.keys(upstreamTypes).map((type) => `${type.toLowerCase()}.yaml`);
    expect(resources).to.have.members([...types, 'private.yaml']);
  });

  for (const request of allowed) {
    it(`lets the operator ${title(request)}`, async () => {
      expect(await isAllowed(request)).to.equal(true);
    });
  }

  for (const request of refused) {
    it(`doesn't let the operator ${title(request)}`, async () => {
      expect(await isAllowed(request)).to.equal(false);
    });
  }
});
