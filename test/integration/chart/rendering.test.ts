import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { buildBinaries } from '../../cluster/build.js';
import type { Binaries } from '../../cluster/build.js';
import { CHART, helm, renderChart } from '../../support/chart.js';
import type { HelmOptions, Manifest, Values } from '../../support/chart.js';
import { runCommand } from '../../support/command.js';
import { HOSTILE, VALUE_SETS } from './value-sets.js';

/** The first start may have to build everything. */
const buildTimeoutMs = 40 * 60_000;
const config = fileURLToPath(new URL('../../../config/', import.meta.url));
const namespace = 'registry-mirror-system';

/** The labels that Helm's charts have beside the name. */
const OF_CHARTS = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
];

describe('What the chart renders', () => {
  let binaries: Binaries;
  let options: HelmOptions;

  before(async function () {
    this.timeout(buildTimeoutMs);
    binaries = await buildBinaries();
    const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-chart-'));
    options = { program: binaries.helm, folder, namespace };
  });
  after(() => {
    rmSync(options.folder, { recursive: true, force: true });
  });

  async function fromConfig(path: string): Promise<readonly Manifest[]> {
    const { code, stdout, stderr } = await runCommand(binaries.kubectl, ['kustomize', join(config, path)]);
    expect(code, stderr).to.equal(0);
    return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  }

  it('is the same as what config/ has, for the same settings', async () => {
    const values = {
      settings: { logLevel: 'info' },
      features: { pullSecrets: true, fallback: true },
    };
    const chart = byName(await renderChart(options, values));
    const components = ['pull-secrets', 'admission-policy', 'fallback'].map((name) => `components/${name}`);
    const parts = await Promise.all(['.', ...components].map(fromConfig));
    // Helm makes the namespace, or somebody did before.
    const config = byName(parts.flat().filter(({ kind }) => kind !== 'Namespace'));
    expect(Object.keys(chart)).to.have.members(Object.keys(config));
    for (const [name, object] of Object.entries(config)) expect(chart[name], name).to.deep.equal(object);
  });

  it('passes helm lint', async () => {
    const { code, stdout } = await helm(options, ['lint', '--strict', CHART], {});
    expect(code, stdout).to.equal(0);
  });

  for (const [name, values] of Object.entries(VALUE_SETS)) {
    it(`names each object once, and runs as nobody without rights: ${name}`, async () => {
      const objects = await renderChart(options, values);
      expect(objects).to.have.length(Object.keys(byName(objects)).length);
      const { template } = objects.find(({ kind }) => kind === 'Deployment')?.spec as {
        readonly template: { readonly spec: Readonly<Record<string, unknown>> };
      };
      expect(template.spec.securityContext).to.include({ runAsNonRoot: true });
      expect(template.spec).to.have.nested.property('containers[0].securityContext.capabilities.drop[0]', 'ALL');
    });
  }

  it('has Helm keep the CustomResourceDefinition, and gives it the annotations that are asked for', async () => {
    const annotations = async (crds: object): Promise<unknown> =>
      (await renderChart(options, { crds })).find(({ kind }) => kind === 'CustomResourceDefinition')?.metadata
        .annotations;
    const keep = { 'helm.sh/resource-policy': 'keep' };
    const { crds } = VALUE_SETS['a definition that Argo CD is to keep'];
    expect(await annotations({})).to.deep.equal(keep);
    expect(await annotations({ keep: false })).to.equal(undefined);
    expect(await annotations(crds)).to.deep.equal({ ...crds.annotations, ...keep });
    expect(await annotations({ ...crds, keep: false })).to.deep.equal(crds.annotations);
  });

  it('asks for no priority class, which a cluster may refuse, unless it is told one', async () => {
    const pod = async (values: Values): Promise<unknown> =>
      ((await renderChart(options, values)).find(({ kind }) => kind === 'Deployment')?.spec as Deployment).template
        .spec;
    expect(await pod({})).to.not.have.property('priorityClassName');
    const { priorityClassName } = VALUE_SETS['a place for the Pods'];
    expect(await pod({ priorityClassName })).to.have.property('priorityClassName', 'system-cluster-critical');
  });

  it('lets the operator write Secrets in the namespaces that are named, and in its own, and nowhere else', async () => {
    const objects = await renderChart(options, VALUE_SETS['pull Secrets in some namespaces']);
    const verbs = (role: string): unknown =>
      (
        objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === role)?.rules as readonly {
          readonly verbs: unknown;
        }[]
      ).map((rule) => rule.verbs);
    expect(verbs('registry-mirror-operator-pull-secrets')).to.deep.equal([
      ['list', 'watch'],
      ['list', 'watch'],
    ]);
    expect(verbs('registry-mirror-operator-pull-secrets-write')).to.deep.equal([['create', 'patch', 'delete']]);
    const bound = objects.filter(
      ({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'registry-mirror-operator-pull-secrets',
    );
    expect(bound.map(({ metadata }) => metadata.namespace)).to.deep.equal(['default', 'kube-public', namespace]);
  });

  it('gives the token for metrics to the operator and to who reads them', async () => {
    const objects = await renderChart(options, VALUE_SETS['metrics behind a token']);
    const ofKind = (wanted: string): Manifest | undefined => objects.find(({ kind }) => kind === wanted);
    const pod = 'spec.template.spec';
    expect(ofKind('Deployment')).to.have.nested.property(`${pod}.volumes[0].secret.secretName`, 'metrics-token');
    expect(ofKind('Deployment')).to.have.nested.property(`${pod}.containers[0].volumeMounts[0].name`, 'metrics-token');
    expect(JSON.stringify(ofKind('Deployment'))).to.include('/etc/registry-mirror-operator/metrics/token');
    expect(ofKind('ServiceMonitor')).to.have.deep.nested.property('spec.endpoints[0].authorization.credentials', {
      name: 'metrics-token',
      key: 'token',
    });
  });

  it('gives the certificate for metrics to the operator, and its CA to who reads them', async () => {
    const objects = await renderChart(options, VALUE_SETS['metrics over https']);
    const ofKind = (wanted: string): Manifest | undefined => objects.find(({ kind }) => kind === wanted);
    const pod = 'spec.template.spec';
    expect(ofKind('Deployment')).to.have.nested.property(`${pod}.volumes[0].secret.secretName`, 'metrics-tls');
    expect(ofKind('Deployment')).to.have.deep.nested.property(`${pod}.containers[0].volumeMounts[0]`, {
      name: 'metrics-tls',
      mountPath: '/etc/registry-mirror-operator/metrics-tls',
      readOnly: true,
    });
    for (const file of ['tls.crt', 'tls.key'])
      expect(JSON.stringify(ofKind('Deployment'))).to.include(`/etc/registry-mirror-operator/metrics-tls/${file}`);
    const tlsConfig = {
      ca: { secret: { name: 'metrics-tls', key: 'ca.crt' } },
      serverName: `registry-mirror-operator-metrics.${options.namespace}.svc`,
    };
    expect(ofKind('ServiceMonitor')).to.have.deep.nested.property('spec.endpoints[0].tlsConfig', tlsConfig);
    expect(ofKind('ServiceMonitor')).to.have.nested.property('spec.endpoints[0].scheme', 'https');
    expect(ofKind('PodMonitor')).to.have.deep.nested.property('spec.podMetricsEndpoints[0].tlsConfig', tlsConfig);
  });

  it('has a NetworkPolicy for the operator’s Pods, that lets in probes for all, and metrics for who is named', async () => {
    const values: Values = VALUE_SETS['a narrow network'];
    for (const names of [{}, { nameOverride: 'mirrors', podLabels: { 'app.kubernetes.io/name': 'other' } }]) {
      const objects = await renderChart(options, { ...values, ...names });
      const spec = (wanted: string): unknown => objects.find(({ kind }) => kind === wanted)?.spec;
      const { podSelector, ingress, egress, policyTypes } = spec('NetworkPolicy') as NetworkPolicy;
      const { metadata, spec: pod } = (spec('Deployment') as Deployment).template;
      expect(podSelector.matchLabels).not.to.be.empty;
      expect(metadata.labels).to.include(podSelector.matchLabels);
      const ports = pod.containers.flatMap((container) => container.ports.map(({ name }) => name));
      const open = Object.fromEntries(ingress.flatMap((rule) => rule.ports.map(({ port }) => [port, rule.from])));
      expect(open).to.have.all.keys(ports);
      expect(open).to.deep.equal({
        probes: undefined,
        metrics: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      });
      expect([policyTypes, egress]).to.deep.equal([['Ingress', 'Egress'], [{ ports: [{ port: 443 }] }]]);
    }
  });

  it('keeps a password as it is, whatever is in it', async () => {
    const values = VALUE_SETS['a login that the chart makes a Secret of'];
    const secret = (await renderChart(options, values)).find(({ kind }) => kind === 'Secret');
    const { password } = secret?.data as { readonly password: string };
    expect(Buffer.from(password, 'base64').toString()).to.equal('p\'\n"{{');
  });

  it('lets the operator write only the policies of engines that are on', async () => {
    const objects = await renderChart(options, VALUE_SETS['one engine only']);
    const role = objects.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'registry-mirror-operator',
    );
    const rules = role?.rules as readonly {
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
    }[];
    const writes = rules.filter(({ verbs }) => verbs.includes('create')).flatMap(({ resources }) => resources);
    expect(writes).to.deep.equal(['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);
  });

  it('says which right nothing narrows, and how to take it away, where it may be needless', async () => {
    const notes = async (values: Values): Promise<string> =>
      (await helm(options, ['install', 'release', CHART, '--dry-run=client', '--hide-secret'], values)).stdout;
    expect(await notes({})).to.include('--set engines.mutatingAdmissionPolicy=false');
    for (const values of [
      { engines: { mutatingAdmissionPolicy: false } },
      { engines: { clusterPolicy: false, mutatingPolicy: false } },
      { rbac: { create: false } },
    ])
      expect(await notes(values))
        .to.include('helm uninstall')
        .and.not.include('engines.mutatingAdmissionPolicy');
  });

  for (const [title, engines, expected] of [
    ['all where all are on', {}, undefined],
    ['no ClusterPolicy where that is off', { clusterPolicy: false }, 'MutatingPolicy,MutatingAdmissionPolicy'],
    ['the only one that is on', { clusterPolicy: false, mutatingPolicy: false }, 'MutatingAdmissionPolicy'],
  ] as const) {
    it(`tells engine Auto what it may choose: ${title}`, async () => {
      const objects = await renderChart(options, { engines });
      const settings = objects.find(({ kind, data }) => kind === 'ConfigMap' && 'HARBOR_URL' in Object(data));
      const { AUTO_ENGINES } = settings?.data as Readonly<Record<string, string>>;
      expect(AUTO_ENGINES).to.equal(expected);
    });
  }

  it('takes the values in the samples for Flux and Argo CD', async () => {
    const flux = samplesOf('flux/operator/helm-release.yaml').find(({ kind }) => kind === 'HelmRelease');
    const [argo] = samplesOf('argo-cd/applications.yaml');
    const { values } = flux?.spec as { readonly values: Values };
    const { source } = argo?.spec as { readonly source: { readonly helm: { readonly valuesObject: Values } } };
    for (const given of [values, source.helm.valuesObject]) expect(await renderChart(options, given)).not.to.be.empty;
  });

  it('is nothing where rights are narrowed that are not given', async () => {
    const { code, stderr } = await helm(options, ['template', CHART], { features: { pullSecretNamespaces: ['shop'] } });
    expect(code).to.not.equal(0);
    expect(stderr).to.include('narrows the rights of features.pullSecrets: set that to true, too.');
  });

  for (const given of ['username', 'password']) {
    it(`is nothing where Harbor’s login is a ${given} alone`, async () => {
      const { code, stderr } = await helm(options, ['template', CHART], { harbor: { credentials: { [given]: 'x' } } });
      expect(code).to.not.equal(0);
      expect(stderr).to.include('harbor.credentials.username goes with harbor.credentials.password');
    });
  }

  for (const [name, values, value] of HOSTILE) {
    it(`is nothing where the values have ${name}`, async () => {
      const { code, stdout, stderr } = await helm(options, ['template', CHART], values);
      expect(code, stdout).to.not.equal(0);
      expect(stderr).to.include('schema').and.include(value);
    });
  }
});

interface NetworkPolicy {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly policyTypes: readonly string[];
  readonly ingress: readonly { readonly ports: readonly { readonly port: string }[]; readonly from?: unknown }[];
  readonly egress?: unknown;
}

interface Deployment {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly { readonly ports: readonly { readonly name: string }[] }[] };
  };
}

function samplesOf(path: string): readonly Manifest[] {
  const text = readFileSync(join(config, 'samples', path), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The objects by kind and name, without what differs by nature: the labels of charts, and how a change of settings restarts the Pods. */
function byName(objects: readonly Manifest[]): Readonly<Record<string, Manifest>> {
  return Object.fromEntries(
    objects.map((object) => {
      const plain = JSON.parse(JSON.stringify(object, withoutNature), withoutHash) as Manifest;
      return [`${plain.kind} ${plain.metadata.namespace ?? ''}/${plain.metadata.name}`, plain];
    }),
  );
}

function withoutNature(key: string, value: unknown): unknown {
  return [...OF_CHARTS, 'checksum/settings', 'helm.sh/resource-policy', 'imagePullPolicy'].includes(key)
    ? undefined
    : value;
}

function withoutHash(key: string, value: unknown): unknown {
  if (key === 'annotations' && JSON.stringify(value) === '{}') return undefined;
  return typeof value === 'string' ? value.replace(/^(registry-mirror-operator-settings)-[a-z0-9]{10}$/, '$1') : value;
}
