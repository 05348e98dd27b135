import { request } from 'node:http';
import { sceneHeader } from '../harbor/seen.js';

export interface Sent {
  readonly method: string;
  /** Sent as it is, percent signs included. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** One HTTP call on a connection of its own, that keeps no cookies, follows no redirects and touches nothing of the path. */
export function send(url: string, sent: Sent, signal?: AbortSignal): Promise<Received> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = {
      agent: false as const,
      hostname,
      port,
      method: sent.method,
      path: sent.path,
      headers: { [sceneHeader]: 'contract', ...sent.headers },
      signal,
    };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
        );
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.on('error', reject);
    call.end(sent.body);
  });
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** A call to the API with JSON both ways. */
export async function callApi(
  harbor: { readonly url: string },
  login: { readonly username: string; readonly password: string } | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Received & { readonly json: unknown }> {
  const received = await send(harbor.url, {
    method,
    path: `/api/v2.0${path}`,
    headers: {
      ...(login === undefined ? {} : { authorization: basic(login.username, login.password) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isJson = received.headers['content-type']?.startsWith('application/json') === true && received.body !== '';
  return { ...received, json: isJson ? (JSON.parse(received.body) as unknown) : undefined };
}
