import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Daemon, Daemons } from '../support/daemons.js';
import { auditPolicy } from './audit-policy.js';
import type { AuditedBodies } from './audit-policy.js';
import { wantedVersion } from './versions.js';

export interface ApiServerOptions {
  readonly program: string;
  readonly folder: string;
  readonly port: number;
  readonly etcdPort: number;
  /** Lines of the static token file: who is known without a ServiceAccount. */
  readonly users: readonly StaticUser[];
  readonly audit: boolean;
  /** What the audit log has the bodies of, too. */
  readonly auditBodies: readonly AuditedBodies[];
}

export interface StaticUser {
  readonly token: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** The key that signs ServiceAccount tokens; the controller manager's and the API server's. */
export function serviceAccountKeyPath(folder: string): string {
  return join(folder, 'service-account.key');
}

/** The API server's own certificate, which is also the one to trust: it is made at the first start. */
export function certificatePath(folder: string): string {
  return join(folder, 'certificates', 'apiserver.crt');
}

/** The key of that certificate; it is good for any server on 127.0.0.1. */
export function certificateKeyPath(folder: string): string {
  return join(folder, 'certificates', 'apiserver.key');
}

export function auditLogPath(folder: string): string {
  return join(folder, 'audit.log');
}

/** Writes the files that the API server reads at its start. */
export function prepareApiServer(options: ApiServerOptions): void {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const secret = { mode: 0o600 };
  writeFileSync(serviceAccountKeyPath(options.folder), privateKey, secret);
  const lines = options.users.map((user) => `${user.token},${user.name},${user.name},"${user.groups.join(',')}"`);
  writeFileSync(join(options.folder, 'tokens.csv'), `${lines.join('\n')}\n`, secret);
  writeFileSync(join(options.folder, 'audit-policy.yaml'), stringify(auditPolicy(options.auditBodies)));
}

/** What turns image volumes and MutatingAdmissionPolicy on where there are some that aren't on by themselves. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  '1.34': [
    '--feature-gates=ImageVolume=true,MutatingAdmissionPolicy=true',
    // Kyverno 1.17 sees that there is such a kind, and then waits for its v1alpha1 for ever.
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true,admissionregistration.k8s.io/v1alpha1=true',
  ],
  '1.32': ['--feature-gates=ImageVolume=true'],
};

/** Starts the API server; `prepareApiServer` has run before. A restart keeps certificate, keys and data. */
export function startApiServer(daemons: Daemons, options: ApiServerOptions): Daemon {
  const { folder } = options;
  const audit = [
    `--audit-policy-file=${join(folder, 'audit-policy.yaml')}`,
    `--audit-log-path=${auditLogPath(folder)}`,
    // A record is in the file before its request is carried out, so that a count can't miss one.
    '--audit-log-mode=blocking-strict',
    // In MB. The default of 100 is reached in a whole run, and what reads the log along knows of no second file.
    '--audit-log-maxsize=10000',
  ];
  return daemons.start({
    name: 'kube-apiserver',
    program: options.program,
    logPath: join(folder, 'kube-apiserver.log'),
    args: [
      `--etcd-servers=http://127.0.0.1:${options.etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${options.port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${serviceAccountKeyPath(folder)}`,
      `--service-account-signing-key-file=${serviceAccountKeyPath(folder)}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      // There are no nodes and no other API servers.
      '--endpoint-reconciler-type=none',
      ...(FEATURES[wantedVersion('kubernetes')] ?? []),
      ...(options.audit ? audit : []),
    ],
  });
}
