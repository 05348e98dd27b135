import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { runCommand } from '../support/command.js';
import type { CommandResult } from '../support/command.js';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { freePorts } from '../support/ports.js';
import { eventually } from '../support/wait.js';
import { auditLogPath, certificateKeyPath, certificatePath, prepareApiServer, startApiServer } from './api-server.js';
import type { ApiServerOptions } from './api-server.js';
import { Api } from './api.js';
import { Audit } from './audit.js';
import type { AuditedBodies } from './audit-policy.js';
import { buildBinaries } from './build.js';
import type { Binaries } from './build.js';
import { controllerManagerUser, startControllerManager } from './controller-manager.js';
import { compactEtcd, startEtcd } from './etcd.js';
import { writeKubeconfig } from './kubeconfig.js';
import { installKyverno, waitForKyverno } from './kyverno-install.js';
import { kyvernoServiceAccount, startKyverno } from './kyverno.js';
import type { ProgramName } from './programs.js';
import { silent, timed } from './progress.js';
import type { Progress } from './progress.js';

export interface ClusterOptions {
  /** Install Kyverno and run its admission controller. Default: false. */
  readonly kyverno?: boolean;
  /**
   * Run the controller manager: namespaces really go when deleted, owned objects are collected, Deployments and Jobs make Pods, each
   * namespace gets its ServiceAccount `default`. Default: true.
   */
  readonly controllerManager?: boolean;
  /** What is built beside what the cluster runs itself. Default: everything. */
  readonly extraPrograms?: readonly ProgramName[];
  /** Keep an audit log, see `Cluster.audit`. Default: true. */
  readonly audit?: boolean;
  /** Writes that the audit log has the bodies of. Default: none, since that takes time. */
  readonly auditBodies?: readonly AuditedBodies[];
  /** Told one line per step. Default: nobody. */
  readonly progress?: Progress;
}

export interface ServiceAccountOptions {
  /** The API server's URL to write into the kubeconfig. Default: the real one. */
  readonly server?: string;
  /** PEM certificates for that server. Default: the real one's. */
  readonly ca?: string;
  /** How long the token is valid; the API server's minimum is 600. Default: 3600. */
  readonly expirationSeconds?: number;
}

/** A Kubernetes API server with what belongs to it, on loopback, without nodes: Pods are created and stay pending. */
export class Cluster {
  /** Folder of everything that belongs to the cluster, logs (*.log) included; removed by `stop`. */
  readonly folder: string;
  /** The API server's URL. */
  readonly server: string;
  /** Kubeconfig of an administrator. */
  readonly kubeconfigPath: string;
  readonly binaries: Binaries;
  readonly audit: Audit;
  readonly #daemons: Daemons;
  readonly #apiServerOptions: ApiServerOptions;
  readonly #adminToken: string;
  readonly #kyvernoToken: string;
  readonly #controllerManagerToken: string;
  readonly #ports: readonly number[];
  #api: Api | undefined;
  #ca = '';
  #etcd: Daemon | undefined;
  #apiServer: Daemon | undefined;
  #controllerManager: Daemon | undefined;
  #kyverno: Daemon | undefined;

  private constructor(binaries: Binaries, ports: readonly number[], options: ClusterOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'registry-mirror-cluster-'));
    this.binaries = binaries;
    this.#ports = ports;
    this.#daemons = new Daemons(this.folder);
    this.server = `https://127.0.0.1:${this.#port(0)}`;
    this.kubeconfigPath = join(this.folder, 'admin.kubeconfig');
    this.audit = new Audit(auditLogPath(this.folder));
    this.#adminToken = randomBytes(24).toString('hex');
    this.#kyvernoToken = randomBytes(24).toString('hex');
    this.#controllerManagerToken = randomBytes(24).toString('hex');
    this.#apiServerOptions = {
      program: binaries['kube-apiserver'],
      folder: this.folder,
      port: this.#port(0),
      etcdPort: this.#port(1),
      users: [
        { token: this.#adminToken, name: 'admin', groups: ['system:masters'] },
        { token: this.#controllerManagerToken, name: controllerManagerUser, groups: ['system:masters'] },
        // Its real name, so that it is left out of its own policies; its roles come from aggregation, which takes the controller
        // manager seconds, so it is an administrator here.
        {
          token: this.#kyvernoToken,
          name: kyvernoServiceAccount,
          groups: ['system:serviceaccounts', 'system:masters'],
        },
      ],
      audit: options.audit ?? true,
      auditBodies: options.auditBodies ?? [],
    };
  }

  /** Builds what is missing, starts everything and waits until it works; stops all of it again when that fails. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const progress = options.progress ?? silent;
    const cluster = new Cluster(
      await buildBinaries({
        ...(options.progress === undefined ? {} : { progress }),
        ...(options.extraPrograms === undefined ? {} : { names: [...ownPrograms(options), ...options.extraPrograms] }),
      }),
      await freePorts(6),
      options,
    );
    try {
      await cluster.#start(options, progress);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Direct requests to the API server as administrator. */
  get api(): Api {
    if (this.#api === undefined) throw new Error('The API server has not been started yet.');
    return this.#api;
  }

  /** The PEM certificate to trust for `server`. */
  get ca(): string {
    return this.#ca;
  }

  /** The PEM key of `ca`'s first certificate, which is good for any server on 127.0.0.1. */
  get certificateKey(): string {
    return readFileSync(certificateKeyPath(this.folder), 'utf8');
  }

  /** client-node's configuration from `path`, default: the administrator's. */
  kubeConfig(path = this.kubeconfigPath): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(path);
    return config;
  }

  /** Runs kubectl as administrator, optionally with text on its standard input; a failure is in the result's code. */
  async kubectl(
    args: readonly string[],
    options: { readonly stdin?: string; readonly kubeconfig?: string } = {},
  ): Promise<CommandResult> {
    const env = { PATH: process.env.PATH, HOME: this.folder, KUBECONFIG: options.kubeconfig ?? this.kubeconfigPath };
    return runCommand(this.binaries.kubectl, args, {
      env,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
  }

  /** `kubectl apply` of YAML text or of objects; throws with kubectl's message when it is refused. Returns what kubectl printed. */
  async apply(objects: string | readonly object[], args: readonly string[] = []): Promise<string> {
    const stdin =
      typeof objects === 'string' ? objects : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const result = await this.kubectl(['apply', '-f', '-', ...args], { stdin });
    if (result.code !== 0) throw new Error(`kubectl apply failed: ${result.stderr}`);
    return result.stdout;
  }

  /** Creates a namespace of a name not used before and waits for its ServiceAccount `default`, without which no Pod is accepted. */
  async createNamespace(labels: Readonly<Record<string, string>> = {}, prefix = 'test'): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.api.json('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
    if (this.#controllerManager === undefined) await this.api.json('POST', accounts, { metadata: { name: 'default' } });
    else
      await eventually(() => this.api.json('GET', `${accounts}/default`), {
        message: `the ServiceAccount default of ${name}`,
      });
    return name;
  }

  /** Writes a kubeconfig with a fresh token of a ServiceAccount, which must exist, and returns its path. */
  async serviceAccountKubeconfig(
    namespace: string,
    name: string,
    options: ServiceAccountOptions = {},
  ): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const spec = { expirationSeconds: options.expirationSeconds ?? 3600, audiences: [] };
    const { status } = await this.api.json<{ status: { token: string } }>('POST', path, { spec });
    return writeKubeconfig(join(this.folder, `${namespace}-${name}-${randomBytes(4).toString('hex')}.kubeconfig`), {
      server: options.server ?? this.server,
      ca: options.ca ?? this.#ca,
      user: `system:serviceaccount:${namespace}:${name}`,
      token: status.token,
    });
  }

  /** Installs Kyverno into a cluster that was started without it, and starts it. */
  async installKyverno(progress: Progress = () => undefined): Promise<void> {
    await timed(progress, "installing Kyverno's CRDs", () =>
      installKyverno(this.api, this.binaries['kyverno-manifests'], this.#ca, this.certificateKey),
    );
    await timed(progress, 'starting Kyverno', () => this.startKyverno());
  }

  /** Writes a kubeconfig of Kyverno's admission controller and returns its path. */
  async kyvernoKubeconfig(): Promise<string> {
    return this.#kubeconfig('kyverno', kyvernoServiceAccount, this.#kyvernoToken);
  }

  /** Ends Kyverno at once, as a crash would: its webhooks stay registered. */
  async stopKyverno(): Promise<void> {
    await this.#kyverno?.stop(0);
  }

  /** Starts Kyverno (again) and waits until it answers for its webhooks. */
  async startKyverno(): Promise<void> {
    if (this.#kyverno?.running() === true) return;
    this.#kyverno = startKyverno(this.#daemons, {
      program: this.binaries.kyverno,
      folder: this.folder,
      kubeconfig: await this.kyvernoKubeconfig(),
      webhookPort: this.#port(4),
      metricsPort: this.#port(5),
    });
    await waitForKyverno(this.api, this.#kyverno);
  }

  /** Ends the API server at once: all connections drop, all requests are refused. */
  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop(0);
    await this.audit.forgetUnderWay();
  }

  /** Starts the API server (again) on its old port, with its old data, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    if (this.#apiServer?.running() === true) return;
    const daemon = startApiServer(this.#daemons, this.#apiServerOptions);
    this.#apiServer = daemon;
    await eventually(
      async () => {
        daemon.check();
        this.#etcd?.check();
        this.#ca = readFileSync(certificatePath(this.folder), 'utf8');
        this.#api?.close();
        this.#api = new Api({ server: this.server, ca: this.#ca, token: this.#adminToken });
        const ready = await this.#api.send('GET', '/readyz');
        if (ready.status !== 200) throw new Error(`/readyz: ${ready.body}`);
      },
      { timeoutMs: 60_000, message: `the API server to be ready (log: ${daemon.logPath})` },
    );
  }

  /** Kills the API server and starts it again: watches drop, requests are refused for some seconds. */
  async restartApiServer(): Promise<void> {
    await this.stopApiServer();
    await this.startApiServer();
  }

  /**
   * Makes all resourceVersions up to now too old to watch from: compacts etcd and restarts the API server, whose watch cache would still know
   * them. Who watches on from an older one is answered 410 Gone.
   */
  async compact(): Promise<void> {
    await compactEtcd(this.#port(1));
    await this.restartApiServer();
  }

  /** Requests of a user by verb and resource since the start, e.g. `{'create events': 1}`. */
  async auditCounts(user: string): Promise<Readonly<Record<string, number>>> {
    return this.audit.counts({ user });
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    this.#api?.close();
    const daemons = [this.#kyverno, this.#controllerManager, this.#apiServer, this.#etcd];
    await Promise.all(daemons.map(async (daemon) => daemon?.stop(0)));
    await rm(this.folder, { recursive: true, force: true });
    this.#daemons.release();
  }

  async #kubeconfig(name: string, user: string, token: string): Promise<string> {
    return writeKubeconfig(join(this.folder, `${name}.kubeconfig`), { server: this.server, ca: this.#ca, user, token });
  }

  #port(index: number): number {
    const port = this.#ports[index];
    if (port === undefined) throw new Error(`No port ${index} was reserved.`);
    return port;
  }

  async #start(options: ClusterOptions, progress: Progress): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    prepareApiServer(this.#apiServerOptions);
    await timed(progress, 'starting etcd and kube-apiserver', async () => {
      this.#etcd = startEtcd(this.#daemons, {
        program: this.binaries.etcd,
        folder: this.folder,
        clientPort: this.#port(1),
        peerPort: this.#port(2),
      });
      await this.startApiServer();
      await this.#kubeconfig('admin', 'admin', this.#adminToken);
    });
    if (options.controllerManager ?? true) {
      this.#controllerManager = startControllerManager(this.#daemons, {
        program: this.binaries['kube-controller-manager'],
        folder: this.folder,
        kubeconfig: await this.#kubeconfig('controller-manager', controllerManagerUser, this.#controllerManagerToken),
        port: this.#port(3),
      });
    }
    if (options.kyverno ?? false) await this.installKyverno(progress);
  }
}

/** What a cluster itself consists of. */
function ownPrograms({ kyverno = false, controllerManager = true }: ClusterOptions): readonly ProgramName[] {
  return [
    'etcd',
    'kube-apiserver',
    'kubectl',
    ...(controllerManager ? (['kube-controller-manager'] as const) : []),
    ...(kyverno ? (['kyverno'] as const) : []),
  ];
}

/** Starts a local cluster, see Cluster. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return Cluster.start(options);
}
