import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { IncomingMessage } from 'node:http';

/** What the API server says in Retry-After. */
const BUSY_MS = 1000;
const BUSY_TRIES = 10;

export interface ApiResponse {
  readonly status: number;
  readonly body: string;
}

export interface ApiConnection {
  /** Base URL of the API server. */
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

/** The API server answered with another status than the caller can work with. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  readonly status: number;

  constructor(method: string, path: string, response: ApiResponse) {
    super(`${method} ${path} was answered with ${response.status}: ${response.body.slice(0, 500)}`);
    this.status = response.status;
  }
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Plain HTTPS requests to the API server, for what a typed client makes slow or impossible. */
export class Api {
  readonly #connection: ApiConnection;
  readonly #agent: Agent;

  constructor(connection: ApiConnection) {
    this.#connection = connection;
    this.#agent = new Agent({ ca: connection.ca, keepAlive: true, maxSockets: 16 });
  }

  /**
   * Sends one request, body as JSON, and returns status and body as text whatever the status; one that the API server has no time for is sent again.
   * Rejects when there is no answer.
   */
  async send(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse> {
    for (let tries = 1; ; tries += 1) {
      const response = await this.#sendOnce(method, path, body, contentType);
      // Such as of a kind whose definition was applied a moment ago: "storage is (re)initializing".
      if (response.status !== 429 || tries === BUSY_TRIES) return response;
      await pause(BUSY_MS);
    }
  }

  async #sendOnce(method: string, path: string, body: unknown, contentType = 'application/json'): Promise<ApiResponse> {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#connection.token}`,
        accept: 'application/json',
        ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
      };
      const outgoing = request(
        new URL(path, this.#connection.server),
        { method, headers, agent: this.#agent },
        resolve,
      );
      outgoing.once('error', reject);
      outgoing.end(payload);
    });
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  /** Like `send`, with the answer parsed; throws ApiStatusError for a status of 400 or more. */
  async json<T = unknown>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> {
    const response = await this.send(method, path, body, contentType);
    if (response.status >= 400) throw new ApiStatusError(method, path, response);
    return JSON.parse(response.body) as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
