import { createServer, request as plain } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { request as secure } from 'node:https';
import { pipeline } from 'node:stream';
import { freePorts } from './ports.js';

/** A request that came through a gate. */
export interface GateCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Whose login it came with; absent where it came with none. */
  readonly user: string | undefined;
}

/** The only way that a client under test has to a server: it can be closed, and it tells what went through. */
export class Gate {
  /** What the client is given in place of the server's url. */
  readonly url: string;
  readonly #target: URL;
  readonly #port: number;
  readonly #calls: GateCall[] = [];
  #server: Server | undefined;

  private constructor(target: URL, port: number) {
    this.#target = target;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}${target.pathname.replace(/\/$/, '')}`;
  }

  /** Starts an open gate to a server's url. */
  static async to(url: string): Promise<Gate> {
    const [port = 0] = await freePorts(1);
    const gate = new Gate(new URL(url), port);
    await gate.open();
    return gate;
  }

  /** What went through since `forget`. */
  get calls(): readonly GateCall[] {
    return this.#calls;
  }

  /** The calls that may have changed something: `PUT /api/v2.0/registries/7`. */
  get writes(): readonly string[] {
    const writes = this.#calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    return writes.map(({ method, path }) => `${method} ${path}`);
  }

  forget(): void {
    this.#calls.length = 0;
  }

  async open(): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  /** Breaks every connection and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url: path = '/' } = incoming;
    this.#calls.push({ method, path, user: userOf(incoming.headers.authorization) });
    const send = this.#target.protocol === 'https:' ? secure : plain;
    const headers = { ...incoming.headers, host: this.#target.host };
    const forwarded = send(new URL(path, this.#target), { method, headers }, (answer) => {
      if (outgoing.destroyed) {
        answer.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => undefined);
    });
    // The server is away, or broke off: the client sees what it would see without the gate.
    forwarded.once('error', () => outgoing.destroy());
    // A client that broke off, or was cut off, wants no answer any more: the server is not to wait for the rest of its call.
    outgoing.once('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }
}

function userOf(authorization = ''): string | undefined {
  const encoded = /^Basic (.+)$/.exec(authorization)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':')[0];
}
