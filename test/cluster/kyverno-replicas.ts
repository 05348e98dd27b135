import { Agent, createServer, request } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { freePorts, portOf } from '../support/ports.js';
import { eventually } from '../support/wait.js';
import { ApiProxy } from './api-proxy.js';
import type { Cluster } from './cluster.js';
import { waitForKyverno } from './kyverno-install.js';
import { startKyverno } from './kyverno.js';
import type { KyvernoOptions } from './kyverno.js';

/** One of Kyverno's admission controllers. */
interface Replica {
  readonly daemon: Daemon;
  readonly port: number;
  readonly proxy: ApiProxy;
}

const POLICIES = /\/(clusterpolicies|mutatingpolicies)\?/;

/** Admission controllers of Kyverno behind one address, which sends each request to the next: as the Pods behind its Service may get them. */
export class KyvernoReplicas {
  readonly #cluster: Cluster;
  readonly #daemons: Daemons;
  readonly #listener: Server;
  readonly #upstream: Agent;
  #replicas: readonly Replica[] = [];
  #added = 0;
  #turn = 0;

  private constructor(cluster: Cluster, listener: Server) {
    this.#cluster = cluster;
    this.#daemons = new Daemons('');
    this.#upstream = new Agent({ ca: cluster.ca, keepAlive: true });
    this.#listener = listener.on('request', (incoming, outgoing) => {
      this.#pass(incoming, outgoing);
    });
  }

  /** Starts two in the place of the one that the cluster runs. */
  static async start(cluster: Cluster): Promise<KyvernoReplicas> {
    const replicas = await KyvernoReplicas.none(cluster);
    for (let i = 0; i < 2; i++) await replicas.add({ program: cluster.binaries.kyverno });
    return replicas;
  }

  /** The address, with nobody behind it yet. */
  static async none(cluster: Cluster): Promise<KyvernoReplicas> {
    const listener = createServer({ cert: cluster.ca, key: cluster.certificateKey });
    await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve));
    await cluster.stopKyverno();
    return new KyvernoReplicas(cluster, listener);
  }

  /** Starts one more, and sends requests to it as soon as it answers. */
  async add(what: Pick<KyvernoOptions, 'program' | 'version'>): Promise<void> {
    const number = this.#added++;
    const [port = 0, metricsPort = 0] = await freePorts(2);
    const proxy = await ApiProxy.start(this.#cluster);
    const daemon = startKyverno(this.#daemons, {
      ...what,
      folder: this.#cluster.folder,
      kubeconfig: await proxy.kubeconfigFor(await this.#cluster.kyvernoKubeconfig()),
      webhookPort: port,
      metricsPort,
      servedAt: portOf(this.#listener),
      replica: number,
    });
    const replica = { daemon, port, proxy };
    await eventually(
      async () => {
        daemon.check();
        const status = await this.#readiness(replica);
        if (status !== 200) throw new Error(`Kyverno's readiness is ${String(status)}.`);
      },
      { timeoutMs: 90_000, message: `Kyverno number ${number} (log: ${daemon.logPath})` },
    );
    this.#replicas = [...this.#replicas, replica];
    await waitForKyverno(this.#cluster.api, daemon);
  }

  /** Ends the oldest in order: it gets no new requests first. */
  async endOldest(): Promise<void> {
    const [replica] = this.#replicas;
    this.#replicas = this.#replicas.filter((each) => each !== replica);
    await replica?.daemon.stop();
    await replica?.proxy.stop();
  }

  /** Keeps the last one from hearing of any change of a policy. Returns what lets it go on. */
  hold(): () => void {
    const proxy = this.#replicas.at(-1)?.proxy;
    if (proxy === undefined) throw new Error('There is none to hold.');
    const gate = Promise.withResolvers<undefined>();
    const end = proxy.onRequest(async ({ method, path }) => {
      if (method === 'GET' && POLICIES.test(path)) await gate.promise;
      return undefined;
    });
    proxy.dropWatches();
    return () => {
      end();
      gate.resolve(undefined);
    };
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    const replicas = this.#replicas;
    this.#replicas = [];
    await Promise.all(replicas.map(async ({ daemon }) => daemon.stop(0)));
    await Promise.all(replicas.map(async ({ proxy }) => proxy.stop()));
    this.#upstream.destroy();
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    this.#listener.closeAllConnections();
    await closed;
    this.#daemons.release();
  }

  async #readiness({ port }: Replica): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/health/readiness', agent: this.#upstream };
      request(options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .once('error', reject)
        .end();
    });
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const replica = this.#replicas[this.#turn++ % this.#replicas.length];
    if (replica === undefined) {
      outgoing.destroy();
      return;
    }
    const options = { host: '127.0.0.1', port: replica.port, path: incoming.url, method: incoming.method };
    const onward = request({ ...options, headers: incoming.headers, agent: this.#upstream }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => undefined);
    });
    onward.once('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }
}
