import { refusedProbes } from './refused-probes.js';
import { refusedRewrites } from './refused-rewrites.js';
import { refusedUpstreams } from './refused-upstreams.js';
import { registry } from './mirror.js';
import type { LooseSpec } from './mirror.js';

/** A mirror that the API server must not take, and what it must say. */
export interface RefusedCase {
  /** What is wrong, as the end of "refuses …". */
  readonly refuses: string;
  readonly spec: LooseSpec;
  /** Default: `example`. */
  readonly name?: string;
  /** Must occur in the answer: the field's path, and what to write instead. */
  readonly says: readonly string[];
  /** Must not occur: what is no fault of this spec. */
  readonly saysNot?: string;
}

const upstream = registry;
const withCredentials = { ...registry, credentialsSecretRef: { name: 'registry' } };
const ownHarbor = { url: 'https://harbor.example.org', credentialsSecretRef: { name: 'harbor' } };
const url = ['Write scheme, host and port only, as in https://harbor.example.org'];
const quota = ['spec.project.storageQuota', 'Write a quantity of bytes above zero, as in 500Gi, or unlimited.'];
const bandwidth = ['spec.project.bandwidthLimit', 'Write bytes per second, at least 1Ki, as in 10Mi, or unlimited.'];
const projectName = ['spec.project.name', "Write a Harbor project's name"];
const retention = ['spec.project.retention', '{daysSinceLastPull: 30}, or {keep: All}'];
const interval = ['spec.interval', 'Write a duration from 1m to 24h, as in 10m or 1h30m.'];

const refusedHarbors: readonly RefusedCase[] = [
  {
    refuses: 'a Harbor without credentials',
    spec: { upstream, harbor: { url: 'https://harbor.example.org' } },
    says: ['spec.harbor.credentialsSecretRef', 'A Harbor of your own needs credentials'],
  },
  {
    refuses: 'Harbor credentials without a url, which would go to another Harbor than meant',
    spec: { upstream, harbor: { credentialsSecretRef: { name: 'harbor' } } },
    says: ['spec.harbor.url', 'Credentials go with a url'],
  },
  {
    refuses: 'a Harbor CA certificate without a url',
    spec: { upstream, harbor: { caCertificateSecretRef: { name: 'ca' } } },
    says: ['spec.harbor.url', 'A CA certificate goes with a url'],
  },
  {
    refuses: 'a Harbor CA certificate for plain http',
    spec: {
      upstream,
      harbor: { ...ownHarbor, url: 'http://harbor.example.org', caCertificateSecretRef: { name: 'ca' } },
    },
    says: ['spec.harbor.caCertificateSecretRef', 'A CA certificate needs an https url.'],
  },
  {
    refuses: "a Harbor url with the API's path",
    spec: { upstream, harbor: { ...ownHarbor, url: 'https://harbor.example.org/api/v2.0' } },
    says: ['spec.harbor.url', ...url],
  },
  {
    refuses: 'a Harbor url with a password',
    spec: { upstream, harbor: { ...ownHarbor, url: 'https://admin:secret@harbor.example.org' } },
    says: ['spec.harbor.url', ...url],
  },
  {
    refuses: 'a pull host with a scheme',
    spec: { upstream, harbor: { pullHost: 'https://harbor.example.org' } },
    says: ['spec.harbor.pullHost', "'https://harbor.example.org' is no registry host: write host or host:port"],
  },
  {
    refuses: 'a pull host with the project',
    spec: { upstream, harbor: { pullHost: 'harbor.example.org/dockerhub' } },
    says: ['spec.harbor.pullHost', 'without scheme and path'],
  },
  {
    refuses: 'a pull host that runtimes would take for a folder on Docker Hub',
    spec: { upstream, harbor: { pullHost: 'harbor' } },
    says: ['spec.harbor.pullHost', "'harbor' is never read as a registry host in an image name", 'harbor:5000'],
  },
  {
    refuses: "a pull host that would break out of a policy's expression",
    spec: { upstream, harbor: { pullHost: "harbor.example.org'}} {{x" } },
    says: ['spec.harbor.pullHost', 'is no registry host'],
  },
];

const refusedProjects: readonly RefusedCase[] = [
  { refuses: 'a project name in capitals', spec: { upstream, project: { name: 'DockerHub' } }, says: projectName },
  { refuses: 'a project name with a slash', spec: { upstream, project: { name: 'mirrors/quay' } }, says: projectName },
  {
    refuses: 'a project name with two dashes',
    spec: { upstream, project: { name: 'docker--hub' } },
    says: projectName,
  },
  { refuses: 'a project name that ends in a dot', spec: { upstream, project: { name: 'quay.' } }, says: projectName },
  {
    refuses: 'a project name with a line break at its end',
    spec: { upstream, project: { name: 'quay\n' } },
    says: projectName,
  },
  {
    refuses: 'a project name with an expression in it',
    spec: { upstream, project: { name: '{{request.object}}' } },
    says: projectName,
  },
  {
    refuses: 'a project name of 256 characters',
    spec: { upstream, project: { name: 'a'.repeat(256) } },
    says: ['spec.project.name', 'may not be more than 255'],
  },
  { refuses: 'an empty project name', spec: { upstream, project: { name: '' } }, says: ['spec.project.name'] },
  {
    refuses: 'a mirror whose own name is no project name, without another one',
    name: 'docker--hub',
    spec: { upstream },
    says: ['spec.project.name: Required value', 'two dashes in a row: set spec.project.name'],
  },
  {
    refuses: 'credentials without a word on whether everybody may see what they can see',
    spec: { upstream: withCredentials },
    says: ['spec.project.public', 'state project.public, false to keep it private or true if that is intended'],
  },
  {
    refuses: 'a private project that Pods would be sent to without being able to pull',
    spec: { upstream: withCredentials, project: { public: false } },
    says: ['spec.project.public', 'set rewrite.pullSecret to Inject', 'rewrite.nodesAuthenticate'],
  },
  {
    refuses: 'a private project of an anonymous upstream likewise',
    spec: { upstream, project: { public: false }, rewrite: { engine: 'MutatingPolicy' } },
    says: ['spec.project.public', 'rewrite.engine to None'],
  },
  { refuses: 'a quota of nothing', spec: { upstream, project: { storageQuota: 0 } }, says: quota },
  { refuses: 'a negative quota', spec: { upstream, project: { storageQuota: -1 } }, says: quota },
  { refuses: 'a quota of less than a byte', spec: { upstream, project: { storageQuota: '500m' } }, says: quota },
  { refuses: 'a quota in words', spec: { upstream, project: { storageQuota: 'plenty' } }, says: quota },
  { refuses: 'a quota with a made-up unit', spec: { upstream, project: { storageQuota: '500GB' } }, says: quota },
  {
    refuses: "a quota beyond Harbor's",
    spec: { upstream, project: { storageQuota: '2Pi' } },
    says: ['spec.project.storageQuota', "Harbor's quotas end at 1Pi: write less, or unlimited."],
  },
  { refuses: 'a bandwidth of nothing', spec: { upstream, project: { bandwidthLimit: '0' } }, says: bandwidth },
  {
    refuses: 'a bandwidth with a per-second unit',
    spec: { upstream, project: { bandwidthLimit: '10MB/s' } },
    says: bandwidth,
  },
  {
    refuses: 'a bandwidth that overflows in Harbor',
    spec: { upstream, project: { bandwidthLimit: '2Gi' } },
    says: ['spec.project.bandwidthLimit', "Harbor can't limit to 2Gi per second or more"],
  },
  {
    refuses: 'no connections to the upstream',
    spec: { upstream, project: { maxUpstreamConnections: 0 } },
    says: ['spec.project.maxUpstreamConnections', 'Write a number above zero, or -1 for no limit.'],
  },
  {
    refuses: "a severity that isn't Harbor's",
    spec: { upstream, project: { preventVulnerable: { severity: 'High' } } },
    says: ['spec.project.preventVulnerable.severity', '"none", "low", "medium", "high", "critical"'],
  },
  {
    refuses: 'prevention without a severity',
    spec: { upstream, project: { preventVulnerable: {} } },
    says: ['spec.project.preventVulnerable.severity', 'Required value'],
  },
  {
    refuses: 'a filter by nothing',
    spec: { upstream, project: { filter: 'FromRepositories' } },
    says: ['spec.project.filter', 'set rewrite.repositories.include, or leave project.filter out'],
  },
  {
    refuses: 'a filter by what is excluded, which Harbor can not do',
    spec: { upstream, project: { filter: 'FromRepositories' }, rewrite: { repositories: { exclude: ['a/**'] } } },
    says: ['spec.project.filter', 'There is nothing to filter by'],
  },
  {
    refuses: 'a pattern as a filter',
    spec: { upstream, project: { filter: 'library/**' } },
    says: ['spec.project.filter', '"FromRepositories", "None"'],
  },
  { refuses: 'a retention that says nothing', spec: { upstream, project: { retention: {} } }, says: retention },
  {
    refuses: 'a retention that says both',
    spec: { upstream, project: { retention: { daysSinceLastPull: 3, keep: 'All' } } },
    says: retention,
  },
  {
    refuses: 'a retention of no days',
    spec: { upstream, project: { retention: { daysSinceLastPull: 0 } } },
    says: ['spec.project.retention.daysSinceLastPull', 'greater than or equal to 1'],
  },
  {
    refuses: 'a retention in a word',
    spec: { upstream, project: { retention: 'None' } },
    says: ['spec.project.retention', 'must be of type object'],
  },
];

const refusedLifecycles: readonly RefusedCase[] = [
  { refuses: 'an interval of seconds', spec: { upstream, interval: '30s' }, says: interval },
  { refuses: 'an interval of days', spec: { upstream, interval: '25h' }, says: interval },
  { refuses: 'an interval without a unit', spec: { upstream, interval: '600' }, says: interval },
  { refuses: 'an empty interval', spec: { upstream, interval: '' }, says: interval },
  { refuses: 'an interval in words', spec: { upstream, interval: 'ten minutes' }, says: interval },
  {
    refuses: 'an unknown adoption policy',
    spec: { upstream, adoptionPolicy: 'Take' },
    says: ['spec.adoptionPolicy', '"Refuse", "Use", "Adopt"'],
  },
  {
    refuses: 'an unknown deletion policy',
    spec: { upstream, deletionPolicy: 'Orphan' },
    says: ['spec.deletionPolicy', '"Retain", "Delete"'],
  },
  {
    refuses: 'a suspend that is no boolean',
    spec: { upstream, suspend: 'yes' },
    says: ['spec.suspend', 'must be of type boolean'],
  },
];

const foreignSecret = { name: 'kube-system/token' };
const refusedSecrets: readonly RefusedCase[] = ['credentialsSecretRef', 'caCertificateSecretRef'].flatMap((field) => [
  {
    refuses: `an upstream's ${field} to another namespace`,
    spec: { upstream: { ...withCredentials, [field]: foreignSecret }, project: { public: true } },
    says: [`spec.upstream.${field}.name`, "Write a Secret's name"],
  },
  {
    refuses: `a Harbor's ${field} to another namespace`,
    spec: { upstream, harbor: { ...ownHarbor, [field]: foreignSecret } },
    says: [`spec.harbor.${field}.name`, "Write a Secret's name"],
  },
]);

export const refusedCases: readonly RefusedCase[] = [
  ...refusedUpstreams,
  ...refusedHarbors,
  ...refusedProjects,
  ...refusedRewrites,
  ...refusedProbes,
  ...refusedSecrets,
  ...refusedLifecycles,
];
