import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './answer.js';
import { Refusal } from './answer.js';
import { Authenticator } from './auth.js';
import type { RecordedCall } from './calls.js';
import { Calls, isWrite } from './calls.js';
import { userName } from './call.js';
import type { Identity } from './call.js';
import { Csrf } from './csrf.js';
import { dispatch } from './dispatch.js';
import type { Incoming } from './dispatch.js';
import type { Fault, IncomingCall } from './faults.js';
import { Faults } from './faults.js';
import type { Harbor } from './harbor.js';
import { routeName } from './routes.js';
import { SeenShapes, sceneHeader } from './seen.js';
import { shapeOf } from './shape.js';
import type { Caller } from './shape.js';
import { Workers } from './workers.js';

/** Called after a write was carried out and before it's answered. */
export type WriteHook = (call: RecordedCall) => void | Promise<void>;
export type ArrivalHook = (call: IncomingCall) => void;

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly basePath: string;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** The HTTP side of a stand-in: reads calls, lets faults strike, has them carried out and counted. */
export class HarborServer {
  readonly calls = new Calls();
  readonly faults = new Faults();
  readonly writeHooks = new Set<WriteHook>();
  readonly arrivalHooks = new Set<ArrivalHook>();
  readonly #harbor: Harbor;
  readonly #where: Listening;
  readonly #authenticator: Authenticator;
  readonly #csrf = new Csrf();
  readonly #workers: Workers;
  readonly #seen = new SeenShapes();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;
  #requests = 0;

  constructor(harbor: Harbor, where: Listening) {
    this.#harbor = harbor;
    this.#where = where;
    this.#port = where.port;
    this.#authenticator = new Authenticator(harbor);
    this.#workers = new Workers(() => harbor.settings.latency);
  }

  /** Listens, on the port that it had before if it did. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const listener: RequestListener = (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    };
    const { tls, host } = this.#where;
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, host, resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#harbor.url = `${tls === undefined ? 'http' : 'https'}://${host}:${this.#port}${this.#where.basePath}`;
  }

  /** Refuses connections and drops those that are open. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) =>
      server.close(() => {
        resolve();
      }),
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = await read(request, this.#where.basePath);
    const identity = await this.#authenticator.identify(request.headers);
    this.#note(request, incoming, identity);
    const call: IncomingCall = {
      method: incoming.method,
      route: this.#routeOf(incoming.path),
      path: incoming.path,
      user: userName(identity),
    };
    if (isWrite(call)) for (const hook of this.arrivalHooks) hook(call);
    const fault = this.faults.take(call);
    if (await this.#strikesBefore(fault, call, response)) return;
    const isList = !call.path.endsWith('}') && !call.route.endsWith('}');
    const answer = await this.#workers.run({ ...call, isList }, () => this.#answer(incoming, identity));
    const recorded = { ...call, status: answer.status };
    this.calls.add(recorded);
    if (isWrite(recorded)) for (const hook of this.writeHooks) await hook(recorded);
    this.#requests += 1;
    const sent = {
      ...answer,
      headers: {
        'X-Request-Id': requestId(request) ?? `stand-in-${this.#requests}`,
        ...this.#csrf.headersFor(request.headers),
        ...answer.headers,
      },
    };
    send(response, sent, fault, call.method);
  }

  /** Writes down what kind of call this is, unless a test makes it itself. */
  #note(request: IncomingMessage, { method, headers, body, path }: Incoming, identity: Identity): void {
    if (headers[sceneHeader] !== undefined || path.startsWith('//')) return;
    const query = (request.url ?? '').split('?')[1] ?? '';
    const caller = callerOf(headers.authorization, identity);
    this.#seen.note(shapeOf({ method, path: `${path}?${query}`, caller, body: parsed(body) }));
  }

  #routeOf(path: string): string {
    return path.startsWith('/api/v2.0/') ? routeName(path.slice('/api/v2.0'.length)) : path;
  }

  async #answer(incoming: Incoming, identity: Identity): Promise<Answer> {
    try {
      this.#csrf.check(incoming.method, incoming.headers);
    } catch (error) {
      if (error instanceof Refusal) return error.answer();
      throw error;
    }
    return dispatch(this.#harbor, incoming, identity);
  }

  /** Whether a fault ends the call before it's carried out. */
  async #strikesBefore(fault: Fault | undefined, call: IncomingCall, response: ServerResponse): Promise<boolean> {
    switch (fault?.kind) {
      case 'delay':
        await delay(fault.ms);
        return false;
      case 'answer':
        this.calls.add({ ...call, status: fault.status });
        send(
          response,
          { status: fault.status, headers: fault.headers ?? {}, body: fault.body },
          undefined,
          call.method,
        );
        return true;
      case 'reset':
        if (fault.when === 'before') response.socket?.resetAndDestroy();
        return fault.when === 'before';
      case 'hang':
        return fault.when === 'before';
      case 'half answer':
      case undefined:
        return false;
    }
  }
}

/** Who calls, as far as Harbor is concerned. */
function callerOf(authorization: string | undefined, identity: Identity): Caller {
  if (authorization?.startsWith('Bearer ') === true) return 'bearer';
  if (identity.kind !== 'anonymous') return identity.kind;
  return authorization === undefined ? 'anonymous' : 'wrong password';
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function requestId(request: IncomingMessage): string | undefined {
  const id = request.headers['x-request-id'];
  return Array.isArray(id) ? id[0] : id;
}

async function read(request: IncomingMessage, basePath: string): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = request.url ?? '/';
  // What's outside of the base path is nobody's: the doubled slash keeps it from being taken for the API.
  const url = asked.startsWith(`${basePath}/`) ? asked.slice(basePath.length) : `/${asked}`;
  const at = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

function send(
  response: ServerResponse,
  answer: Omit<Answer, 'headers'> & { readonly headers: Readonly<Record<string, string | readonly string[]>> },
  fault: Fault | undefined,
  method: string,
): void {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = bodyOf(answer);
  response.statusCode = answer.status;
  if (answer.body !== undefined) response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (!response.hasHeader('Content-Length')) response.setHeader('Content-Length', body.length);
  if (fault?.kind === 'half answer') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.resetAndDestroy());
    response.flushHeaders();
    return;
  }
  response.end(method === 'HEAD' ? undefined : body);
}

function bodyOf(answer: Omit<Answer, 'headers'>): Buffer {
  if (answer.raw !== undefined) return Buffer.from(answer.raw);
  if (answer.body === undefined) return Buffer.alloc(0);
  return Buffer.from(`${JSON.stringify(answer.body)}\n`);
}
