import { quay, registry } from './mirror.js';
import type { LooseSpec } from './mirror.js';

/** A mirror that the API server must take. */
export interface AcceptedCase {
  /** The end of "accepts …". */
  readonly accepts: string;
  readonly spec: LooseSpec;
  /** Default: `example`. */
  readonly name?: string;
}

const credentials = { credentialsSecretRef: { name: 'upstream' } };
const full = {
  upstream: {
    type: 'docker-hub',
    url: 'https://hub.docker.com',
    hosts: ['docker.io'],
    description: 'Docker Hub\n\tfor everybody: ärger, “quotes”, {{braces}}',
    ...credentials,
    caCertificateSecretRef: { name: 'my-ca' },
  },
  harbor: {
    url: 'https://harbor.example.org',
    pullHost: 'harbor.example.org:8443',
    credentialsSecretRef: { name: 'harbor' },
    caCertificateSecretRef: { name: 'harbor-ca' },
  },
  project: {
    name: 'dockerhub',
    public: true,
    storageQuota: '500Gi',
    bandwidthLimit: '10Mi',
    maxUpstreamConnections: 20,
    serveCachedWhenDeletedUpstream: false,
    autoScan: true,
    preventVulnerable: { severity: 'high' },
    retention: { daysSinceLastPull: 30 },
    referrers: true,
    filter: 'FromRepositories',
  },
  rewrite: {
    engine: 'MutatingAdmissionPolicy',
    failurePolicy: 'Ignore',
    podsWithPullSecrets: 'Skip',
    ignorePullSecrets: ['*-dockercfg-*', 'team.registry'],
    pullSecret: 'Inject',
    injected: 'Always',
    nodesAuthenticate: true,
    namespaceSelector: {
      matchLabels: { 'kubernetes.io/metadata.name': 'default', empty: '' },
      matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a', 'b.c_d-E'] }],
    },
    podSelector: { matchExpressions: [{ key: 'example.org/batch', operator: 'DoesNotExist' }] },
    repositories: { include: ['library/**'], exclude: ['library/ubuntu'] },
    onHarborUnavailable: 'Keep',
    onUpstreamUnavailable: 'Withdraw',
    fallback: 'Upstream',
  },
  probe: { image: 'library/busybox:1.37', interval: '1h' },
  adoptionPolicy: 'Adopt',
  deletionPolicy: 'Delete',
  interval: '1h30m',
  suspend: true,
};

function withUpstream(accepts: string, upstream: object, rest: LooseSpec = {}): AcceptedCase {
  return { accepts, spec: { upstream, ...rest } };
}

function withProject(accepts: string, project: object): AcceptedCase {
  return { accepts, spec: { upstream: registry, project } };
}

function withProbe(accepts: string, image: string): AcceptedCase {
  return { accepts, spec: { upstream: quay, probe: { image } } };
}

export const acceptedCases: readonly AcceptedCase[] = [
  { accepts: 'a mirror with every field', spec: full },
  {
    accepts: 'no pull secrets to ignore, where no pull secret counts',
    spec: { upstream: registry, rewrite: { podsWithPullSecrets: 'Rewrite', ignorePullSecrets: [] } },
  },
  withUpstream('a registry on plain http with a port', { type: 'docker-registry', url: 'http://127.0.0.1:5000' }),
  withUpstream('a registry at an IPv6 address', { type: 'docker-registry', url: 'https://[2001:db8::1]:5000' }),
  withUpstream('a registry at an IPv4 address', { type: 'docker-registry', url: 'https://10.0.0.255:5000' }),
  withUpstream('a name that begins with numbers', { type: 'docker-registry', url: 'https://10.0.0.300.example.org' }),
  withUpstream('a name that ends in what is no number', { type: 'docker-registry', url: 'https://registry.0xyz' }),
  withUpstream('Docker Hub as a plain registry, which takes an organisation’s token', {
    type: 'docker-registry',
    url: 'https://registry-1.docker.io',
    hosts: ['docker.io'],
  }),
  withUpstream('the public ECR', { type: 'docker-registry', url: 'https://public.ecr.aws' }),
  withUpstream('Artifact Registry as a plain registry', { type: 'docker-registry', url: 'https://us-docker.pkg.dev' }),
  withUpstream('a GitLab of one’s own', { type: 'gitlab', url: 'https://registry.gitlab.example.org' }),
  withUpstream('localhost', { type: 'docker-registry', url: 'http://localhost' }),
  withUpstream('a registry of a one-word host that names its hosts', {
    type: 'docker-registry',
    url: 'http://registry',
    hosts: ['registry.example.org'],
  }),
  withUpstream('quay elsewhere', { type: 'quay', url: 'https://quay.example.org' }),
  withUpstream('Docker Hub by its old name', { type: 'docker-hub', hosts: ['index.docker.io'] }),
  withUpstream('hosts in capitals, which image names may have', { ...quay, hosts: ['Quay.IO', 'REGISTRY'] }),
  withUpstream('hosts with ports and addresses', { ...quay, hosts: ['[::1]:5000', '10.0.0.1', 'quay:443'] }),
  withUpstream('16 hosts of full length', {
    ...quay,
    hosts: Array.from({ length: 16 }, (_, i) => `${`${'a'.repeat(61)}.`.repeat(4)}${`example${i}`.slice(-4)}:65535`),
  }),
  withUpstream('a description as long as may be', { ...quay, description: 'é'.repeat(4000) }),
  withUpstream('skipped verification', { ...registry, insecureSkipTLSVerify: true }),
  withUpstream(
    'an ECR in China',
    { type: 'aws-ecr', url: 'https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', ...credentials },
    { project: { public: true } },
  ),
  withUpstream(
    'a private project whose pull secret is injected',
    { ...registry, ...credentials },
    { project: { public: false }, rewrite: { pullSecret: 'Inject' } },
  ),
  withUpstream(
    'a private project that nodes have credentials for',
    { ...registry, ...credentials },
    { project: { public: false }, rewrite: { nodesAuthenticate: true } },
  ),
  withUpstream(
    'a private project that no Pod is sent to',
    { ...registry, ...credentials },
    { project: { public: false }, rewrite: { engine: 'None' } },
  ),
  {
    accepts: "a pull host beside the operator's Harbor",
    spec: { upstream: quay, harbor: { pullHost: '10.0.0.1:30002' } },
  },
  {
    accepts: 'a name that is no project name when the project has its own',
    name: 'a--b',
    spec: { upstream: quay, project: { name: 'a-b' } },
  },
  { accepts: 'a name with dots', name: 'registry.example.org', spec: { upstream: registry } },
  { accepts: 'a name of 253 characters', name: 'a'.repeat(253), spec: { upstream: quay } },
  withProject('a project name with all separators', { name: 'a.b_c-d1' }),
  withProject('a project name of 255 characters', { name: 'a'.repeat(255) }),
  withProject('a quota in bytes', { storageQuota: 1073741824 }),
  withProject('a quota with a fraction', { storageQuota: '1.5Ti' }),
  withProject('a quota in powers of ten', { storageQuota: '2e9' }),
  withProject("Harbor's largest quota", { storageQuota: '1Pi' }),
  withProject('no quota and no limit', {
    storageQuota: 'unlimited',
    bandwidthLimit: 'unlimited',
    maxUpstreamConnections: -1,
  }),
  withProject('the largest bandwidth', { bandwidthLimit: 2147483520 }),
  withProject('the smallest bandwidth', { bandwidthLimit: '1Ki' }),
  withProject('that a filter is taken away', { filter: 'None' }),
  withProject('a retention of everything', { retention: { keep: 'All' } }),
  withProject('refusal of every scanned image', { preventVulnerable: { severity: 'none' } }),
  {
    accepts: 'globs of paths that begin with the host of another registry, or with what only looks like the own one',
    spec: {
      upstream: { type: 'quay', url: 'https://registry.example.org', hosts: ['registry.example.org', 'harbor:5000'] },
      rewrite: {
        repositories: { include: ['docker.io/**', 'quay.io/**', 'harbor/**'], exclude: ['*egistry.example.org/**'] },
      },
    },
  },
  {
    accepts: 'globs of every kind',
    spec: {
      upstream: quay,
      rewrite: { repositories: { include: ['**', '*', '*/**/x*y*', 'a_b/c-d.e/**', '**/nginx'], exclude: ['a*'] } },
    },
  },
  {
    accepts: '64 globs of full length',
    spec: {
      upstream: quay,
      rewrite: { repositories: { include: Array.from({ length: 64 }, (_, i) => `${i}/${'a*'.repeat(126)}`) } },
    },
  },
  {
    accepts: 'selectors that are empty',
    spec: { upstream: quay, rewrite: { namespaceSelector: {}, podSelector: {} } },
  },
  withProbe('an image without a tag', 'library/busybox'),
  withProbe('an image of one word', 'busybox:1'),
  withProbe('an image by its digest', `a_b/c__d/e---f.g@sha256:${'0a'.repeat(32)}`),
  withProbe(
    'an image as long as may be',
    `${'a'.repeat(127)}/${'b'.repeat(127)}:${'T'.repeat(128)}@sha256:${'0'.repeat(64)}`,
  ),
  withProbe('an image behind a path component with a dot', 'a/b.c/d:1'),
  {
    accepts: 'a probe of a private project with a pull robot',
    spec: {
      upstream: registry,
      project: { public: false },
      rewrite: { pullSecret: 'Inject' },
      probe: { image: 'a/b' },
    },
  },
  { accepts: 'the shortest interval', spec: { upstream: quay, interval: '60s' } },
  { accepts: 'the longest interval', spec: { upstream: quay, interval: '23h59m60s' } },
];
