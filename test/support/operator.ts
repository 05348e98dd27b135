import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.js';
import { Daemons } from './daemons.js';
import type { Daemon } from './daemons.js';
import { renderChart } from './chart.js';
import { runCommand } from './command.js';
import { freePorts } from './ports.js';
import { eventually } from './wait.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const NAMESPACE = 'registry-mirror-system';
export const SERVICE_ACCOUNT = 'registry-mirror-operator';
/** The user name of the operator in the API server's audit log. */
export const OPERATOR_USER = `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`;
/** Flags with which an administrator's kubectl is the operator, and RBAC refuses it nothing: what is refused, an admission policy refuses. */
export const OPERATOR_WITH_ALL_RIGHTS: readonly string[] = [`--as=${OPERATOR_USER}`, '--as-group=system:masters'];

/** The operator as a process of its own, with exactly the rights that the chart, or config/, gives it. */
export interface OperatorProcess {
  readonly daemon: Daemon;
  readonly probeUrl: string;
  readonly metricsUrl: string;
  /** Its log so far, one object per line; all of it after the end. */
  log(): readonly Readonly<Record<string, unknown>>[];
  /** All that it wrote, a crash's stack as well; all of it after the end. */
  output(): string;
  /** SIGTERM, and SIGKILL when it doesn't end. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

export interface OperatorOptions {
  readonly harborUrl: string;
  readonly pullHost?: string;
  readonly login: { readonly username: string; readonly password: string };
  /** Where the operator thinks the API server is, e.g. a fault proxy; default: the API server itself. */
  readonly kubeconfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The main file of a bundle; default: that of the operator as it is now. */
  readonly program?: string;
}

/** What the chart renders that these tests do without: the operator is a process here. */
const NOT_INSTALLED = ['Deployment', 'Service', 'ConfigMap', 'PodDisruptionBudget'];

/** Installs what the chart renders, without the Deployment: the operator has the chart's rights and no others. */
export async function installOperator(cluster: Cluster): Promise<void> {
  const helm = { program: cluster.binaries.helm, folder: cluster.folder, namespace: NAMESPACE };
  const objects = await renderChart(helm);
  await cluster.apply(readFileSync(join(ROOT, 'config/namespace.yaml'), 'utf8'));
  await cluster.apply(objects.filter(({ kind }) => !NOT_INSTALLED.includes(kind)));
  await untilEstablished(cluster);
}

/** Takes away what {@link installOperator} installed, with the namespace and all that is in it. */
export async function uninstallOperator(cluster: Cluster): Promise<void> {
  const helm = { program: cluster.binaries.helm, folder: cluster.folder, namespace: NAMESPACE };
  const objects = await renderChart(helm);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  const items = [...objects.filter(({ kind }) => !NOT_INSTALLED.includes(kind)), namespace];
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await cluster.kubectl(['delete', '--ignore-not-found', '-f', '-'], { stdin: list });
  if (code !== 0) throw new Error(`kubectl delete failed: ${stderr}`);
}

/** The same from config/, or an older one, as `kubectl apply -k config` does it: needs no helm. */
export async function installFromConfig(cluster: Cluster, config = join(ROOT, 'config')): Promise<void> {
  for (const part of ['crd', 'namespace.yaml', 'rbac']) {
    const path = join(config, part);
    const args = part.endsWith('.yaml') ? ['-f', path] : ['-k', path];
    const { code, stderr } = await cluster.kubectl(['apply', ...args]);
    if (code !== 0) throw new Error(`kubectl apply of ${path} failed: ${stderr}`);
  }
  await untilEstablished(cluster);
}

async function untilEstablished(cluster: Cluster): Promise<void> {
  const established = ['wait', '--for=condition=Established', 'crd/registrymirrors.registrymirror.io', '--timeout=30s'];
  const { code, stderr } = await cluster.kubectl(established);
  if (code !== 0) throw new Error(`the CRD is not established: ${stderr}`);
}

let built: Promise<string> | undefined;

/** The operator as the image has it, in a folder of this process's own: it starts in half the time. */
export async function bundledOperator(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-bundle-'));
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const { code, stderr } = await runCommand(process.execPath, [join(ROOT, 'build.mjs'), folder], { cwd: ROOT });
    if (code !== 0) throw new Error(`the build failed: ${stderr}`);
    return join(folder, 'main.js');
  })();
  return await built;
}

/** The operator has as little room for garbage here as in its image. */
function nodeOptionsOfImage(): string {
  return ofDockerfile(/^ENV NODE_OPTIONS="(.*)"$/m);
}

function nodeArgumentsOfImage(): readonly string[] {
  return (JSON.parse(ofDockerfile(/^ENTRYPOINT (.*)$/m)) as readonly string[]).slice(1, -1);
}

function ofDockerfile(line: RegExp): string {
  const value = line.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
  if (value === undefined) throw new Error(`The Dockerfile has no line like ${String(line)}.`);
  return value;
}

/** Starts the operator under its ServiceAccount and resolves when it is ready. `installOperator` comes first. */
export async function startOperator(cluster: Cluster, options: OperatorOptions): Promise<OperatorProcess> {
  const { harborUrl, pullHost, login, program } = options;
  return await startProcess({
    ...(program === undefined ? {} : { program }),
    kubeconfig: options.kubeconfig ?? (await cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT)),
    env: {
      POD_NAMESPACE: NAMESPACE,
      HARBOR_URL: harborUrl,
      ...(pullHost === undefined ? {} : { HARBOR_PULL_HOST: pullHost }),
      HARBOR_USERNAME: login.username,
      HARBOR_PASSWORD: login.password,
      HEALTH_INTERVAL: '1s',
      MIN_INTERVAL: '1s',
      RETIRE_AFTER: '0s',
      LEADER_ELECT: 'false',
      LOG_LEVEL: 'debug',
      ...options.env,
    },
  });
}

/** What the operator is started with, as its container would be. */
interface ProcessOptions {
  readonly kubeconfig: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The main file of a bundle; default: that of the operator as it is now. */
  readonly program?: string;
}

/** Starts the operator with these settings and nothing else but ports that are free, and resolves when it is ready. */
export async function startProcess(options: ProcessOptions): Promise<OperatorProcess> {
  const program = options.program ?? (await bundledOperator());
  const [probePort, metricsPort] = await freePorts(2);
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-operator-'));
  const logPath = join(folder, 'operator.log');
  const daemons = new Daemons(folder);
  let written = '';
  const daemon = daemons.start({
    name: 'registry-mirror-operator',
    program: process.execPath,
    args: [...nodeArgumentsOfImage(), program, ...(options.args ?? [])],
    logPath,
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: nodeOptionsOfImage(),
      KUBECONFIG: options.kubeconfig,
      PROBE_ADDRESS: `127.0.0.1:${String(probePort)}`,
      METRICS_ADDRESS: `127.0.0.1:${String(metricsPort)}`,
      ...options.env,
    },
  });
  const probeUrl = `http://127.0.0.1:${String(probePort)}`;
  const stop = async (graceMs: number): Promise<void> => {
    await daemon.stop(graceMs);
    if (existsSync(logPath)) written = readFileSync(logPath, 'utf8');
    rmSync(folder, { recursive: true, force: true });
    daemons.release();
  };
  try {
    await eventually(
      async () => {
        daemon.check();
        const { ok } = await fetch(`${probeUrl}/readyz`);
        if (!ok) throw new Error('the operator is not ready');
      },
      { timeoutMs: 20_000, message: 'the operator becomes ready' },
    );
  } catch (error) {
    await stop(0);
    throw error;
  }
  const output = (): string => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : written);
  return {
    daemon,
    probeUrl,
    metricsUrl: `http://127.0.0.1:${String(metricsPort)}`,
    log: () => parseLines(output()),
    output,
    stop: async () => stop(20_000),
    kill: async () => stop(0),
  };
}

function parseLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}
