import { join } from 'node:path';
import type { Daemon, Daemons } from '../support/daemons.js';
import { wantedVersion } from './versions.js';

export const kyvernoNamespace = 'kyverno';
export const kyvernoServiceAccount = 'system:serviceaccount:kyverno:kyverno-admission-controller';

/** Names of the Secrets that hold the webhook server's certificate and its signer's. */
export const kyvernoSecrets = {
  signer: 'kyverno-svc.kyverno.svc.kyverno-tls-ca',
  server: 'kyverno-svc.kyverno.svc.kyverno-tls-pair',
} as const;

export interface KyvernoOptions {
  readonly program: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly webhookPort: number;
  readonly metricsPort: number;
  /** The port on loopback that it registers its webhooks with. Default: where it listens for them. */
  readonly servedAt?: number;
  /** Its minor version. Default: the one that is wanted. */
  readonly version?: string;
  /** Which of several. Default: 0. */
  readonly replica?: number;
}

/** What Kyverno writes, in the cluster's folder: all its processes of this number, one after the other. */
export function kyvernoLogPath(folder: string, replica = 0): string {
  return join(folder, replica === 0 ? 'kyverno.log' : `kyverno-${replica}.log`);
}

/**
 * Starts Kyverno's admission controller outside the cluster: it registers its webhooks by URL (--serverIP). The flags are those of its
 * own installation manifest, but for reports, which would write to the API server and aren't looked at here.
 */
export function startKyverno(daemons: Daemons, options: KyvernoOptions): Daemon {
  const { replica = 0 } = options;
  return daemons.start({
    name: 'kyverno',
    program: options.program,
    logPath: kyvernoLogPath(options.folder, replica),
    cwd: options.folder,
    env: {
      PATH: process.env.PATH,
      HOME: options.folder,
      TUF_ROOT: join(options.folder, 'sigstore'),
      KYVERNO_NAMESPACE: kyvernoNamespace,
      KYVERNO_SERVICEACCOUNT_NAME: 'kyverno-admission-controller',
      KYVERNO_ROLE_NAME: 'kyverno:admission-controller',
      KYVERNO_DEPLOYMENT: 'kyverno-admission-controller',
      // The same after a restart: the lease of the one before is then its own, and needs not run out.
      KYVERNO_POD_NAME: `kyverno-admission-controller-${replica}`,
      KYVERNO_SVC: 'kyverno-svc',
      INIT_CONFIG: 'kyverno',
      METRICS_CONFIG: 'kyverno-metrics',
    },
    args: [
      `--kubeconfig=${options.kubeconfig}`,
      `--serverIP=127.0.0.1:${options.servedAt ?? options.webhookPort}`,
      `--webhookServerPort=${options.webhookPort}`,
      `--caSecretName=${kyvernoSecrets.signer}`,
      `--tlsSecretName=${kyvernoSecrets.server}`,
      `--backgroundServiceAccountName=system:serviceaccount:${kyvernoNamespace}:kyverno-background-controller`,
      `--reportsServiceAccountName=system:serviceaccount:${kyvernoNamespace}:kyverno-reports-controller`,
      '--controllerRuntimeMetricsAddress=0',
      '--admissionReports=false',
      '--omitEvents=PolicyApplied,PolicySkipped',
      '--enablePolicyException=true',
      '--exceptionNamespace=*',
      '--generateValidatingAdmissionPolicy=true',
      '--generateMutatingAdmissionPolicy=false',
      // Its lease then outlasts a restart of the API server by a minute. Without the lease it ends, and there is no kubelet to start it again.
      '--leaderElectionRetryPeriod=10s',
      '--loggingFormat=text',
      '--disableLogColor=true',
      '--v=2',
      ...listening(options.metricsPort, options.version ?? wantedVersion('kyverno')),
    ],
  });
}

/** On loopback only. Kyverno 1.15 can't be told so for its webhooks, which listen everywhere there. */
function listening(metricsPort: number, version: string): readonly string[] {
  if (version === '1.15') return ['--disableMetrics=true'];
  return ['--webhookServerHost=127.0.0.1', '--metricsHost=127.0.0.1', `--metricsPort=${metricsPort}`];
}
