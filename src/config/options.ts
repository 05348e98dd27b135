import { z } from 'zod';
import { DEFAULT_EXCLUDED_NAMESPACES } from './excluded-namespaces.js';
import { ENGINE_KINDS } from '../engines/engines.js';
import { MIRRORS_PER_POLICY, MOST_MIRRORS_PER_POLICY } from '../engines/placement/parts.js';
import {
  duration,
  engineKinds,
  flag,
  harborUrl,
  integer,
  listenAddress,
  namespaceGlobs,
  objectName,
  registryHost,
  text,
} from './values.js';

/** One setting: how it is given, what `--help` and docs/reference/settings.md say, and what it may be. */
export interface SettingOption {
  /** Absent for what must not show up in a list of processes. */
  readonly flag?: string;
  readonly env: string;
  readonly description: string;
  readonly fallback?: string;
  /** Of a fallback that is too long for a table. */
  readonly fallbackInWords?: string;
  /** Of the text that was given, or the fallback. */
  readonly schema: z.ZodType<unknown, string | undefined>;
}

/** Every setting of the operator, once: the configuration, the help, the documentation and schemas come from here. A flag wins over its variable. */
export const OPTIONS = {
  harborUrl: {
    flag: '--harbor-url <url>',
    env: 'HARBOR_URL',
    description: 'the Harbor that mirrors use which name none of their own, e.g. https://harbor.example.org',
    schema: harborUrl,
  },
  harborPullHost: {
    flag: '--harbor-pull-host <host>',
    env: 'HARBOR_PULL_HOST',
    description: 'host[:port] that nodes pull from (default: what Harbor says its external URL is)',
    schema: registryHost.optional(),
  },
  harborCredentialsSecret: {
    flag: '--harbor-credentials-secret <name>',
    env: 'HARBOR_CREDENTIALS_SECRET',
    description:
      "Secret with username and password, in the operator's namespace, labelled registrymirror.io/credentials=harbor",
    schema: objectName.optional(),
  },
  harborUsername: {
    flag: '--harbor-username <name>',
    env: 'HARBOR_USERNAME',
    description: 'instead of the Secret, for runs outside a cluster',
    schema: text.optional(),
  },
  harborPassword: {
    env: 'HARBOR_PASSWORD',
    description: 'goes with HARBOR_USERNAME',
    schema: text.optional(),
  },
  harborPasswordFile: {
    flag: '--harbor-password-file <path>',
    env: 'HARBOR_PASSWORD_FILE',
    description: 'a file that holds the password, instead of HARBOR_PASSWORD',
    schema: text.optional(),
  },
  mintRobot: {
    flag: '--mint-robot <boolean>',
    env: 'MINT_ROBOT',
    description:
      "the login is an administrator's: make a robot account with it, work with that one, and replace it before it expires",
    fallback: 'false',
    schema: flag,
  },
  harborCaSecret: {
    flag: '--harbor-ca-secret <name>',
    env: 'HARBOR_CA_SECRET',
    description: "Secret with Harbor's CA certificate under ca.crt, in the operator's namespace",
    schema: objectName.optional(),
  },
  harborInsecureSkipTLSVerify: {
    flag: '--harbor-insecure-skip-tls-verify <boolean>',
    env: 'HARBOR_INSECURE_SKIP_TLS_VERIFY',
    description: 'take any certificate from Harbor: for experiments only',
    fallback: 'false',
    schema: flag,
  },
  requestTimeoutMs: {
    flag: '--request-timeout <duration>',
    env: 'REQUEST_TIMEOUT',
    description:
      'how long a call to Harbor may take; not those for which Harbor asks an upstream, which nobody waits for',
    fallback: '15s',
    schema: duration({ min: '1s', max: '5m' }),
  },
  namespace: {
    flag: '--namespace <name>',
    env: 'POD_NAMESPACE',
    description: "the operator's namespace (default: that of its Pod, else registry-mirror-system)",
    schema: objectName.optional(),
  },
  clusterId: {
    flag: '--cluster-id <id>',
    env: 'CLUSTER_ID',
    description:
      'who this cluster is in the ownership mark (default: the uid of namespace kube-system); a rebuilt cluster gives its old one',
    schema: z.string().max(128, 'must be at most 128 characters').optional(),
  },
  keySecret: {
    flag: '--key-secret <name>',
    env: 'KEY_SECRET',
    description: "Secret in the operator's namespace that keeps its own key; made when missing",
    fallback: 'registry-mirror-operator-key',
    schema: objectName,
  },
  excludedNamespaces: {
    flag: '--excluded-namespaces <globs>',
    env: 'EXCLUDED_NAMESPACES',
    description: "namespaces whose Pods are never rewritten, separated by commas; the operator's own always is one",
    fallback: DEFAULT_EXCLUDED_NAMESPACES.join(),
    fallbackInWords: 'a list of what a cluster needs to start',
    schema: namespaceGlobs,
  },
  autoEngines: {
    flag: '--auto-engines <engines>',
    env: 'AUTO_ENGINES',
    description:
      'what rewrite.engine: Auto may choose from, separated by commas, in any order: engines whose policies the operator may write',
    fallback: ENGINE_KINDS.join(','),
    schema: engineKinds,
  },
  mirrorsPerPolicy: {
    flag: '--mirrors-per-policy <number>',
    env: 'MIRRORS_PER_POLICY',
    description: `how many mirrors share a policy at most (default: ${MIRRORS_PER_POLICY.ClusterPolicy} in a ClusterPolicy, ${MIRRORS_PER_POLICY.MutatingPolicy} in others)`,
    schema: integer(10, MOST_MIRRORS_PER_POLICY).optional(),
  },
  workers: {
    flag: '--workers <number>',
    env: 'WORKERS',
    description: 'mirrors that are worked on at once; calls to Harbor are bounded apart from this',
    fallback: '16',
    schema: integer(1, 100),
  },
  minIntervalMs: {
    flag: '--min-interval <duration>',
    env: 'MIN_INTERVAL',
    description: 'the shortest spec.interval that is honoured',
    fallback: '30s',
    schema: duration({ min: '1s', max: '24h' }),
  },
  retireAfterMs: {
    flag: '--retire-after <duration>',
    env: 'RETIRE_AFTER',
    description:
      'how long an old project (deletionPolicy Delete) and old pull Secrets stay once new Pods are sent elsewhere: Pods from before may have yet to pull',
    fallback: '10m',
    schema: duration({ min: '0s', max: '24h' }),
  },
  healthIntervalMs: {
    flag: '--health-interval <duration>',
    env: 'HEALTH_INTERVAL',
    description: 'how often each Harbor is checked',
    fallback: '10s',
    schema: duration({ min: '1s', max: '10m' }),
  },
  healthFailures: {
    flag: '--health-failures <number>',
    env: 'HEALTH_FAILURES',
    description: 'failed checks in a row after which Pods pull from upstream',
    fallback: '3',
    schema: integer(1, 100),
  },
  healthSuccesses: {
    flag: '--health-successes <number>',
    env: 'HEALTH_SUCCESSES',
    description: 'good checks in a row after which they pull from Harbor again',
    fallback: '3',
    schema: integer(1, 100),
  },
  leaderElect: {
    flag: '--leader-elect <boolean>',
    env: 'LEADER_ELECT',
    description: 'work only while holding the lease, so that a second replica can stand by',
    fallback: 'true',
    schema: flag,
  },
  leaseDurationMs: {
    flag: '--lease-duration <duration>',
    env: 'LEASE_DURATION',
    description:
      'how long another replica waits before it takes over from one that is gone; a replica that could not renew its lease for two thirds of it ends',
    fallback: '15s',
    schema: duration({ min: '3s', max: '5m' }),
  },
  probeAddress: {
    flag: '--probe-address <address>',
    env: 'PROBE_ADDRESS',
    description: 'where /healthz and /readyz are served, or off',
    fallback: ':8081',
    schema: listenAddress,
  },
  metricsAddress: {
    flag: '--metrics-address <address>',
    env: 'METRICS_ADDRESS',
    description: 'where /metrics is served, or off',
    fallback: ':8080',
    schema: listenAddress,
  },
  metricsTokenFile: {
    flag: '--metrics-token-file <path>',
    env: 'METRICS_TOKEN_FILE',
    description: 'a file with the token that whoever reads /metrics has to show (default: everybody may read it)',
    schema: text.optional(),
  },
  metricsTlsCertFile: {
    flag: '--metrics-tls-cert-file <path>',
    env: 'METRICS_TLS_CERT_FILE',
    description:
      'a file with a certificate chain (PEM) to serve /metrics over https with; read anew when it changes. With METRICS_TLS_KEY_FILE (default: plain http)',
    schema: text.optional(),
  },
  metricsTlsKeyFile: {
    flag: '--metrics-tls-key-file <path>',
    env: 'METRICS_TLS_KEY_FILE',
    description: 'a file with the private key of METRICS_TLS_CERT_FILE (PEM)',
    schema: text.optional(),
  },
  logLevel: {
    flag: '--log-level <level>',
    env: 'LOG_LEVEL',
    description: 'error, warn, info or debug',
    fallback: 'info',
    schema: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'),
  },
} as const satisfies Readonly<Record<string, SettingOption>>;

export type Setting = keyof typeof OPTIONS;

/** What has become of each. */
export type Settings = { readonly [S in Setting]: z.output<(typeof OPTIONS)[S]['schema']> };

/** `HARBOR_URL (--harbor-url)`: what a message calls a setting. */
export function nameOf(setting: Setting): string {
  const option: SettingOption = OPTIONS[setting];
  return option.flag === undefined ? option.env : `${option.env} (${option.flag.split(' ')[0] ?? ''})`;
}
