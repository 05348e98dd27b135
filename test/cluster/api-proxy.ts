import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { Server } from 'node:https';
import { pipeline } from 'node:stream';
import { parse, stringify } from 'yaml';
import { portOf } from '../support/ports.js';
import type { Cluster } from './cluster.js';

/** A request on its way to the API server. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly body: string;
  readonly watch: boolean;
  /** For a write: its number among the writes seen since the start or `resetCounts`, from 1. */
  readonly write: number | undefined;
}

/** What becomes of a request: `Answer` and `Reset` keep it from the API server. */
export type Fault =
  | { readonly kind: 'Pass' }
  | {
      readonly kind: 'Answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Default: a Kubernetes Status of that code. */
      readonly body?: string;
    }
  | { readonly kind: 'Reset' };

/** Decides about a request; nothing is Pass. It may take its time: the request waits. */
export type RequestHook = (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined>;

/** Runs when the API server has carried out a write and answered `status`, before the client hears of it; `Reset` loses the answer. */
export type ResponseHook = (
  request: ProxiedRequest,
  status: number,
) => 'Reset' | undefined | Promise<'Reset' | undefined>;

const readMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function statusBody(code: number): string {
  const message = `The fault proxy answers ${code}.`;
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code });
}

/** An HTTPS server in front of a cluster's API server that passes everything on, watches included, but for the faults a test asks for. */
export class ApiProxy {
  /** URL of the proxy; `kubeconfigFor` makes clients use it. */
  readonly server: string;
  readonly #cluster: Cluster;
  readonly #listener: Server;
  readonly #upstream: Agent;
  readonly #watches = new Set<ServerResponse>();
  readonly #requestHooks = new Set<RequestHook>();
  readonly #responseHooks = new Set<ResponseHook>();
  #writes = 0;

  private constructor(cluster: Cluster, listener: Server) {
    this.#cluster = cluster;
    this.#listener = listener;
    this.#upstream = new Agent({ ca: cluster.ca, keepAlive: true });
    this.server = `https://127.0.0.1:${portOf(listener)}`;
    listener.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#handle(incoming, outgoing).catch((error: unknown) => {
        // The API server is away: the client sees what it would see without the proxy, a connection that breaks.
        outgoing.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /** Starts a proxy on a free loopback port, with the certificate of the API server itself. */
  static async start(cluster: Cluster): Promise<ApiProxy> {
    const listener = createServer({ cert: cluster.ca, key: cluster.certificateKey });
    await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve));
    return new ApiProxy(cluster, listener);
  }

  /** Writes a copy of a kubeconfig of the cluster whose server is the proxy, and returns its path. */
  async kubeconfigFor(kubeconfigPath: string): Promise<string> {
    const kubeconfig = parse(await readFile(kubeconfigPath, 'utf8')) as { clusters: { cluster: { server: string } }[] };
    for (const { cluster } of kubeconfig.clusters) cluster.server = this.server;
    const path = kubeconfigPath.replace(/(\.kubeconfig)?$/, `-${portOf(this.#listener)}.kubeconfig`);
    await writeFile(path, stringify(kubeconfig), { mode: 0o600 });
    return path;
  }

  /** Asks `hook` about each request from now on; the first hook that says more than Pass decides. Returns what takes it away again. */
  onRequest(hook: RequestHook): () => void {
    this.#requestHooks.add(hook);
    return () => this.#requestHooks.delete(hook);
  }

  /** Calls `hook` after each write that reached the API server, see ResponseHook. Returns what takes it away again. */
  afterResponse(hook: ResponseHook): () => void {
    this.#responseHooks.add(hook);
    return () => this.#responseHooks.delete(hook);
  }

  /** Writes seen since the start or `resetCounts`. */
  get writes(): number {
    return this.#writes;
  }

  resetCounts(): void {
    this.#writes = 0;
  }

  /** Breaks the connections of all watches now open and returns how many there were. */
  dropWatches(): number {
    const dropped = this.#watches.size;
    for (const watch of this.#watches) watch.destroy();
    return dropped;
  }

  /** Breaks all connections and stops listening. */
  async stop(): Promise<void> {
    this.#upstream.destroy();
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    this.#listener.closeAllConnections();
    await closed;
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await read(incoming);
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    const write = readMethods.has(method) ? undefined : (this.#writes += 1);
    const watch = new URL(path, this.server).searchParams.get('watch') === 'true';
    const proxied: ProxiedRequest = { method, path, body: body.toString(), watch, write };
    const fault = await this.#faultFor(proxied);
    switch (fault.kind) {
      case 'Reset':
        outgoing.destroy();
        return;
      case 'Answer':
        outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        outgoing.end(fault.body ?? statusBody(fault.status));
        return;
      case 'Pass':
        await this.#pass(proxied, body, incoming, outgoing);
    }
  }

  async #faultFor(proxied: ProxiedRequest): Promise<Fault> {
    for (const hook of this.#requestHooks) {
      const fault = await hook(proxied);
      if (fault !== undefined && fault.kind !== 'Pass') return fault;
    }
    return { kind: 'Pass' };
  }

  async #pass(
    proxied: ProxiedRequest,
    body: Buffer,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = request(new URL(proxied.path, this.#cluster.server), {
        method: proxied.method,
        headers: { ...incoming.headers, host: new URL(this.#cluster.server).host },
        agent: this.#upstream,
      });
      onward.once('response', resolve).once('error', reject);
      outgoing.once('close', () => onward.destroy());
      onward.end(body);
    });
    const status = answer.statusCode ?? 502;
    if (proxied.write !== undefined && (await this.#answerLost(proxied, status))) {
      outgoing.destroy();
      return;
    }
    if (proxied.watch) {
      this.#watches.add(outgoing);
      outgoing.once('close', () => this.#watches.delete(outgoing));
    }
    outgoing.writeHead(status, answer.headers);
    outgoing.flushHeaders();
    // Either side may break off at any time; pipeline then ends the other one too, and that is all there is to do.
    pipeline(answer, outgoing, () => undefined);
  }

  async #answerLost(proxied: ProxiedRequest, status: number): Promise<boolean> {
    for (const hook of this.#responseHooks) if ((await hook(proxied, status)) === 'Reset') return true;
    return false;
  }
}

/** Starts a fault proxy in front of a cluster's API server, see ApiProxy. */
export async function startApiProxy(cluster: Cluster): Promise<ApiProxy> {
  return ApiProxy.start(cluster);
}
