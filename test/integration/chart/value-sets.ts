import type { Values } from '../../support/chart.js';
import { EVERY_SETTING } from './every-setting.js';

const DOCKER_HUB = { upstream: { type: 'docker-hub' } };
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** Ways in which people install the chart. */
export const VALUE_SETS = {
  'nothing but the url of Harbor': {},
  'a login that the chart makes a Secret of': {
    harbor: { credentials: { username: 'robot$op', password: 'p\'\n"{{' } },
  },
  'the certificate of a private CA': { harbor: { ca: { certificate: CERTIFICATE } } },
  'existing Secrets for login and CA': {
    harbor: {
      credentials: { existingSecret: 'login' },
      ca: { existingSecret: 'ca' },
      pullHost: 'pull.example.org:8443',
    },
  },
  'every setting of the operator': EVERY_SETTING,
  'one engine only': { engines: { clusterPolicy: false, mutatingPolicy: false } },
  'pull Secrets in some namespaces': {
    features: { pullSecrets: true, pullSecretNamespaces: ['default', 'kube-public'] },
  },
  'pull Secrets in all namespaces': { features: { pullSecrets: true } },
  'other names': { nameOverride: 'mirrors', fullnameOverride: 'harbor-mirrors', serviceAccount: { name: 'someone' } },
  'objects that others make': {
    serviceAccount: { create: false, name: 'default' },
    rbac: { create: false, userRoles: false },
    crds: { install: false },
    admissionPolicy: { enabled: false },
  },
  'a definition that Argo CD is to keep': {
    crds: { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } },
  },
  'an image by its digest from a private registry': {
    image: { repository: 'r.example.org:5000/op', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'pull' }],
  },
  'a place for the Pods': {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    priorityClassName: 'system-cluster-critical',
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['harbor.example.org'] }],
    dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
    strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    replicaCount: 1,
  },
  'more of everything': {
    podLabels: { team: 'a', 'app.kubernetes.io/name': 'kept' },
    podAnnotations: { note: 'yes: "quoted"' },
    extraArgs: ['--workers=4'],
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
    extraVolumes: [{ name: 'tmp', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    extraObjects: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-extra' }, data: { a: 'b' } },
    ],
    service: { annotations: { a: 'b' } },
  },
  'a narrow network': {
    networkPolicy: {
      enabled: true,
      metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
      egress: [{ ports: [{ port: 443 }] }],
    },
  },
  'metrics behind a token': {
    metrics: { token: { existingSecret: 'metrics-token' } },
    serviceMonitor: { enabled: true },
    extraVolumes: [{ name: 'tmp', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  },
  'metrics over https': {
    metrics: { tls: { existingSecret: 'metrics-tls' } },
    serviceMonitor: { enabled: true },
    podMonitor: { enabled: true },
  },
  monitoring: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    podMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    grafanaDashboard: { enabled: true },
  },
  'mirrors as values': {
    mirrors: { dockerhub: DOCKER_HUB, quay: { upstream: { type: 'quay' }, rewrite: { engine: 'None' } } },
  },
} satisfies Readonly<Record<string, Values>>;

/** What the schema refuses, and the value that it names. */
export const HOSTILE: readonly (readonly [string, Values, string])[] = [
  ['a value that the chart does not have', { replicas: 3 }, 'replicas'],
  ['a setting that the operator does not have', { settings: { worker: 3 } }, 'worker'],
  ['no url', { harbor: { url: null } }, 'url'],
  ['a url without a scheme', { harbor: { url: 'harbor.example.org' } }, 'url'],
  ['a pull host with lines of its own', { harbor: { pullHost: 'a\nHARBOR_PASSWORD: b' } }, 'pullHost'],
  ['a number as text', { replicaCount: '2' }, 'replicaCount'],
  ['too many workers', { settings: { workers: 1000 } }, 'workers'],
  ['a boolean as text', { crds: { keep: 'false' } }, 'keep'],
  ['a name with lines of its own', { fullnameOverride: 'a\nkind: Secret' }, 'fullnameOverride'],
  ['the name of a template', { serviceAccount: { name: '{{ .Values }}' } }, 'name'],
  ['a repository with a tag in quotes', { image: { repository: 'a" b' } }, 'repository'],
  ['a short digest', { image: { digest: 'sha256:00' } }, 'digest'],
  ['labels that are no texts', { podLabels: { a: 1 } }, 'podLabels'],
  ['a CA that is no certificate', { harbor: { ca: { certificate: 'MIIB' } } }, 'certificate'],
  ['a mirror with an impossible name', { mirrors: { 'A b': {} } }, 'A b'],
];

const KINDS = { ServiceMonitor: 'servicemonitors', PodMonitor: 'podmonitors', PrometheusRule: 'prometheusrules' };

/** Kinds of the Prometheus operator, of any content. */
export const MONITORING: readonly object[] = Object.entries(KINDS).map(([kind, plural]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.monitoring.coreos.com` },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { kind, plural },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}));
