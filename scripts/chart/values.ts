import { count, flag, name, object, objects, oneOf, strings, text, texts } from './value.js';
import type { ChartValues } from './value.js';
import { settingValues } from './settings.js';

const RESOURCES = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } };
const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  runAsGroup: 65_532,
  seccompProfile: { type: 'RuntimeDefault' },
};
const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** Every value of the chart, once. */
export const VALUES: ChartValues = {
  ...settingValues(),
  'harbor.credentials.existingSecret': {
    ...name('harbor'),
    description:
      "Secret with username and password of Harbor's robot account, in the release's namespace, labelled registrymirror.io/credentials=harbor. Not used where harbor.credentials.username is given.",
  },
  'harbor.credentials.username': {
    ...text(),
    description: 'Has the chart make that Secret. Goes with harbor.credentials.password.',
  },
  'harbor.credentials.password': {
    ...text(),
    description: "The password; it is kept in Helm's release, too, so that an existing Secret is the better way.",
  },
  'harbor.ca.existingSecret': {
    ...name(),
    description: "Secret with the certificates of Harbor's private CA under ca.crt, in the release's namespace.",
  },
  'harbor.ca.certificate': {
    ...text('', '^(-----BEGIN CERTIFICATE-----[\\s\\S]*)?$'),
    description: 'The certificates themselves (PEM); the chart makes the Secret.',
  },

  'crds.install': {
    ...flag(true),
    description: 'Install the CustomResourceDefinition, and upgrade it with the chart.',
  },
  'crds.keep': {
    ...flag(true),
    description: 'Keep it when the chart is uninstalled. Without it all RegistryMirrors would be deleted along.',
  },
  'crds.annotations': {
    ...strings(),
    description:
      'More annotations of it. With argocd.argoproj.io/sync-options: Prune=false Argo CD does not prune it either.',
  },
  mirrors: {
    default: {},
    schema: {
      type: 'object',
      propertyNames: { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
      additionalProperties: { type: 'object' },
    },
    description:
      'RegistryMirrors: a name, and the spec. They need the CustomResourceDefinition: on a cluster that lacks it install first without them.',
  },

  'engines.clusterPolicy': { ...flag(true), description: "The right to write Kyverno's ClusterPolicies." },
  'engines.mutatingPolicy': { ...flag(true), description: "The right to write Kyverno's MutatingPolicies." },
  'engines.mutatingAdmissionPolicy': {
    ...flag(true),
    description:
      "The right to write the API server's MutatingAdmissionPolicies and their bindings. No admission policy can narrow it.",
  },
  'features.pullSecrets': {
    ...flag(false),
    description: 'The rights that spec.rewrite.pullSecret Inject needs: Secrets in all namespaces.',
  },
  'features.pullSecretNamespaces': {
    ...texts(),
    description:
      'The namespaces in which the operator may write those Secrets, beside its own; empty: in all. The right to read stays for all, since the operator looks for what it labelled. Select them in rewrite.namespaceSelector, too.',
  },
  'features.fallback': {
    ...flag(false),
    description:
      'The rights that spec.rewrite.fallback Upstream needs: to read all Pods, and to change them. With admissionPolicy.enabled, only to give a rewritten Pod its original images back.',
  },
  'admissionPolicy.enabled': {
    ...flag(true),
    description:
      'ValidatingAdmissionPolicies that let the operator write only its own Kyverno policies, only ones for the images of Pods, and outside of its namespace only pull Secrets.',
  },
  'rbac.create': { ...flag(true), description: 'Make the Roles and bindings of the operator.' },
  'rbac.userRoles': {
    ...flag(true),
    description: 'Make the ClusterRoles registry-mirror-viewer and registry-mirror-editor, for people.',
  },
  'serviceAccount.create': { ...flag(true), description: 'Make the ServiceAccount.' },
  'serviceAccount.name': { ...name(), description: "Its name, if it is not to be the chart's full name." },
  'serviceAccount.annotations': { ...strings(), description: 'Annotations of the ServiceAccount.' },

  'image.repository': {
    ...text('registry-mirror-operator', '^[a-z0-9][-a-zA-Z0-9._:/]*$'),
    description: "The operator's image.",
  },
  'image.tag': {
    ...text('', '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$'),
    description: "Its tag, if it is not to be the chart's appVersion.",
  },
  'image.digest': {
    ...text('', '^(sha256:[0-9a-f]{64})?$'),
    description: 'Its digest, which is used instead of the tag.',
  },
  'image.pullPolicy': { ...oneOf('IfNotPresent', 'Always', 'Never'), description: 'When nodes pull it.' },
  imagePullSecrets: { ...objects(), description: 'Pull Secrets for it: a list of {name}.' },

  nameOverride: { ...name(), description: "Instead of the chart's name in labels." },
  fullnameOverride: { ...name(), description: 'Instead of registry-mirror-operator in the names of all objects.' },
  replicaCount: { ...count(2), description: 'Replicas. One works, the others stand by.' },
  strategy: { ...object(), description: 'How the Deployment replaces Pods.' },
  resources: { ...object(RESOURCES), description: 'Requests and limits.' },
  podSecurityContext: { ...object(POD_SECURITY), description: 'Security context of the Pod.' },
  securityContext: { ...object(CONTAINER_SECURITY), description: 'Security context of the container.' },
  podLabels: { ...strings(), description: 'More labels of the Pods.' },
  podAnnotations: { ...strings(), description: 'More annotations of the Pods.' },
  nodeSelector: { ...strings(), description: 'Labels of the nodes to run on.' },
  tolerations: { ...objects(), description: 'Tolerations.' },
  affinity: { ...object(), description: 'Affinity.' },
  topologySpreadConstraints: { ...objects(), description: 'How Pods are spread.' },
  priorityClassName: {
    ...name(),
    description:
      'Priority class of the Pods. Empty: none. While the operator is away Pods are created and rewritten as before, but nothing withdraws a mirror whose Harbor is down. GKE, for one, refuses system-cluster-critical outside of kube-system, unless a ResourceQuota in the namespace allows it.',
  },
  hostAliases: { ...objects(), description: "Entries for /etc/hosts, e.g. Harbor's." },
  dnsConfig: { ...object(), description: 'DNS settings of the Pods.' },
  extraArgs: { ...texts(), description: 'More flags of the operator. A flag wins over the setting.' },
  extraEnv: { ...objects(), description: 'More environment variables, e.g. HTTPS_PROXY.' },
  extraVolumes: { ...objects(), description: 'More volumes of the Pods.' },
  extraVolumeMounts: { ...objects(), description: 'More mounts of the container.' },
  extraObjects: { ...objects(), description: 'Any other objects. Texts in them are templates.' },

  'podDisruptionBudget.enabled': {
    ...flag(true),
    description: 'Let only one Pod be evicted at a time. Made with two replicas or more.',
  },
  'networkPolicy.enabled': {
    ...flag(false),
    description: 'Let in metrics and probes only.',
  },
  'networkPolicy.metricsFrom': {
    ...objects(),
    description: 'Who may read metrics: peers of a NetworkPolicy. Empty: everybody.',
  },
  'networkPolicy.egress': {
    ...objects(),
    description: 'Where the operator may connect to: egress rules. Empty: everywhere.',
  },
  'metrics.token.existingSecret': {
    ...name(),
    description:
      "Secret with a token under token, in the release's namespace. Whoever reads metrics has to show it; ServiceMonitor and PodMonitor do. Empty: everybody may read them.",
  },
  'metrics.tls.existingSecret': {
    ...name(),
    description:
      "Secret of type kubernetes.io/tls, in the release's namespace, to serve metrics over https with; ca.crt in it is what ServiceMonitor and PodMonitor trust, for the name of metrics.tls.serverName. A changed certificate is served without a restart. Empty: plain http.",
  },
  'metrics.tls.serverName': {
    ...text('', '^[a-z0-9.-]*$'),
    description:
      'The name in that certificate. Empty: registry-mirror-operator-metrics.NAMESPACE.svc, the Service for metrics.',
  },
  'service.annotations': { ...strings(), description: 'Annotations of the Service for metrics.' },
  'serviceMonitor.enabled': { ...flag(false), description: 'Make a ServiceMonitor for the Prometheus operator.' },
  'serviceMonitor.labels': { ...strings(), description: 'More labels of it.' },
  'serviceMonitor.interval': { ...text('30s', '^\\d+(ms|s|m|h)$'), description: 'How often metrics are read.' },
  'podMonitor.enabled': { ...flag(false), description: 'Make a PodMonitor instead, which reads every replica.' },
  'podMonitor.labels': { ...strings(), description: 'More labels of it.' },
  'podMonitor.interval': { ...text('30s', '^\\d+(ms|s|m|h)$'), description: 'How often metrics are read.' },
  'prometheusRule.enabled': { ...flag(false), description: 'Make a PrometheusRule with alerts.' },
  'prometheusRule.labels': { ...strings(), description: 'More labels of it.' },
  'grafanaDashboard.enabled': {
    ...flag(false),
    description: "Make a ConfigMap with a dashboard for Grafana's sidecar.",
  },
  'grafanaDashboard.labels': {
    default: { grafana_dashboard: '1' },
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    description: 'The labels by which the sidecar finds it.',
  },
};
