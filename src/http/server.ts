import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles, ListenAddress } from '../config/values.js';
import { followCertificate, readCertificate } from './certificate.js';

/** What a path answers to GET, given the header Authorization. */
export type Route = (authorization?: string) => Promise<Reply>;

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running server. */
export interface HttpServer {
  readonly port: number;
  /** Takes no more connections, and ends when the answers under way are out. */
  close(): Promise<void>;
}

/** What https takes. A changed certificate is served to connections that are made after the next look at its files. */
export interface TlsOptions extends CertificateFiles {
  /** Default: 10 s. */
  readonly lookEveryMs?: number;
  /** A changed certificate that can't be used. The one from before goes on being served. */
  readonly onProblem: (error: Error) => void;
}

const LOOK_AT_CERTIFICATE_MS = 10_000;

/**
 * Serves these paths, and 404 elsewhere; over https where there is a certificate.
 *
 * @param onError - is told why a path could not be served; whoever asks is not, since it may be anybody
 * @throws the system's error when the address can't be listened on, and one that names the files when the certificate can't be used.
 */
export async function serve(
  address: ListenAddress,
  routes: Readonly<Record<string, Route>>,
  onError: (path: string, error: unknown) => void,
  tls?: TlsOptions,
): Promise<HttpServer> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(routes, onError, request, response);
  };
  const server = tls === undefined ? createServer(listener) : secureServer(tls, listener);
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  return { port, close: () => close(server) };
}

function secureServer(tls: TlsOptions, listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const certificate = readCertificate(tls);
  const server = createTlsServer(certificate, listener);
  const stop = followCertificate(tls, certificate, {
    everyMs: tls.lookEveryMs ?? LOOK_AT_CERTIFICATE_MS,
    onChange: (changed) => {
      server.setSecureContext(changed);
    },
    onProblem: tls.onProblem,
  });
  server.once('close', stop);
  return server;
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  onError: (path: string, error: unknown) => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = await replyTo(routes, onError, request);
  response.writeHead(reply.status, { 'Content-Type': reply.type, 'Cache-Control': 'no-store', ...reply.headers });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}

async function replyTo(
  routes: Readonly<Record<string, Route>>,
  onError: (path: string, error: unknown) => void,
  request: IncomingMessage,
): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET');
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return text(404, 'not found');
  try {
    return await route(request.headers.authorization);
  } catch (error) {
    onError(path, error);
    return text(500, 'this failed; the log says how');
  }
}

/** A plain text reply. */
export function text(status: number, body: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}
