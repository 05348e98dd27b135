import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import { selfSigned } from '../../harbor/certificate.js';
import { portOf } from '../../support/ports.js';
import { StatusError, StubObjects } from './stub-objects.js';

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: unknown;
  /** The client's: tells connections apart. */
  readonly port: number | undefined;
}

/** What happens to a request instead of its answer; `Hang`: never any answer. */
export type StubFault =
  | { readonly kind: 'Reset' }
  | { readonly kind: 'Hang' }
  | {
      readonly kind: 'Answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string };
}

const OBJECT = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)((?:\/namespaces\/[^/]+)?\/[^/]+)(?:\/([^/]+))?(?:\/(status))?$/;

/** A small API server that keeps any kind of object, and fails as its test says. */
export class StubApiServer {
  readonly requests: StubRequest[] = [];
  /** Decides about each request before it is answered. */
  fault: (request: StubRequest) => StubFault | undefined = () => undefined;
  connections = 0;
  readonly objects: StubObjects;
  readonly #watches = new Set<{ readonly collection: string; readonly response: ServerResponse }>();
  readonly #server: Server;
  readonly #certificate = selfSigned('127.0.0.1');

  constructor() {
    this.objects = new StubObjects((collection, event) => {
      this.#send(collection, event);
    });
    this.#server = createServer(this.#certificate, (request, response) => {
      void this.#handle(request, response);
    });
    this.#server.on('secureConnection', () => {
      this.connections += 1;
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** How clients get here. */
  kubeConfig(
    user: { readonly token?: string; readonly username?: string; readonly password?: string } = {},
  ): KubeConfig {
    const kubeConfig = new KubeConfig();
    const caData = Buffer.from(this.#certificate.cert).toString('base64');
    kubeConfig.loadFromOptions({
      clusters: [{ name: 'stub', server: `https://127.0.0.1:${portOf(this.#server)}`, caData }],
      users: [{ name: 'user', ...user }],
      contexts: [{ name: 'stub', cluster: 'stub', user: 'user' }],
      currentContext: 'stub',
    });
    return kubeConfig;
  }

  /** Requests with this method, below a path that has this in it. */
  requestsOf(method: string, part = '/'): readonly StubRequest[] {
    return this.requests.filter((request) => request.method === method && request.path.includes(part));
  }

  get lists(): number {
    return this.requests.filter(({ query }) => query.has('limit') && !query.has('continue')).length;
  }

  get watchRequests(): readonly StubRequest[] {
    return this.requests.filter(({ query }) => query.has('watch'));
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Ends all watches, with the end of the answer or in the middle of it. */
  endWatches(how: 'softly' | 'hard'): void {
    for (const { response } of this.#watches) {
      if (how === 'softly') response.end();
      else response.destroy();
    }
  }

  /** Writes to all watches as they are; for bookmarks, errors and half a line. */
  write(text: string): void {
    for (const { response } of this.#watches) response.write(text);
  }

  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.objects.version) } };
    this.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  #send(collection: string, { type, object }: { readonly type: string; readonly object: KubernetesObject }): void {
    for (const watch of this.#watches) {
      if (watch.collection === collection) watch.response.write(`${JSON.stringify({ type, object })}\n`);
    }
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(incoming.url ?? '', 'http://stub');
    const request: StubRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: incoming.headers.authorization,
      contentType: incoming.headers['content-type'],
      body: text === '' ? undefined : JSON.parse(text),
      port: incoming.socket.remotePort,
    };
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault?.kind === 'Hang') return;
    if (fault?.kind === 'Reset') response.destroy();
    else if (fault !== undefined) response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    else this.#answer(request, response);
  }

  #answer(request: StubRequest, response: ServerResponse): void {
    try {
      if (request.query.has('watch')) this.#watch(request, response);
      else {
        const body = JSON.stringify(this.#carryOut(request));
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const { code, reason, message } = error;
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
      response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(status));
    }
  }

  #watch({ path, query }: StubRequest, response: ServerResponse): void {
    const missed = this.objects.since(path, Number(query.get('resourceVersion')));
    response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
    const watch = { collection: path, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    for (const { type, object } of missed) response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #carryOut({ method, path, query, body, contentType }: StubRequest): unknown {
    const [, api = '', plural = '', name] = OBJECT.exec(path) ?? [];
    const collection = api + plural;
    if (name === undefined)
      return method === 'POST'
        ? this.objects.create(collection, body as KubernetesObject)
        : this.#page(collection, query);
    switch (method) {
      case 'PUT':
        return this.objects.replace(collection, name, body as KubernetesObject);
      case 'PATCH':
        return this.objects.replace(collection, name, patched(this.objects.get(collection, name), body, contentType));
      case 'DELETE':
        this.objects.remove(collection, name, (body as DeleteOptions | undefined)?.preconditions?.uid);
        return { kind: 'Status', metadata: {} };
      default:
        return this.objects.get(collection, name);
    }
  }

  #page(collection: string, query: URLSearchParams): unknown {
    const all = this.objects.list(collection);
    const start = Number(query.get('continue') ?? 0);
    const end = start + Number(query.get('limit') ?? all.length);
    const next = end < all.length ? { continue: String(end) } : {};
    return { metadata: { resourceVersion: String(this.objects.version), ...next }, items: all.slice(start, end) };
  }
}

/** By a JSON patch that puts in whole fields; else the body's fields, of which a merge patch leaves what else the metadata has. */
function patched(object: KubernetesObject, body: unknown, contentType: string | undefined): KubernetesObject {
  if (Array.isArray(body)) {
    const added = (body as readonly Operation[]).filter(({ op }) => op === 'add');
    return { ...object, ...Object.fromEntries(added.map(({ path, value }) => [path.slice(1), value])) };
  }
  const fields = body as Partial<KubernetesObject>;
  const isMerge = contentType === 'application/merge-patch+json';
  const metadata = { ...(isMerge ? object.metadata : {}), ...fields.metadata };
  return { ...object, ...fields, ...(fields.metadata !== undefined && { metadata }) } as KubernetesObject;
}
