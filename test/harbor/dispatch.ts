import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.js';
import { Panic, Refusal, denied, internal } from './answer.js';
import type { Call, Identity } from './call.js';
import type { Harbor } from './harbor.js';
import { pull } from './proxy.js';
import { match } from './routes.js';
import { issueToken } from './token.js';

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const apiRoot = '/api/v2.0';

const pageNotFound = '<!DOCTYPE HTML>\n<html><head><title>404 - Page Not Found</title></head></html>\n';

/** Harbor's answer to a request of somebody known. */
export async function dispatch(harbor: Harbor, incoming: Incoming, identity: Identity): Promise<Answer> {
  try {
    return await answer(harbor, incoming, identity);
  } catch (error) {
    if (error instanceof Refusal) return error.answer();
    if (error instanceof Panic) return { status: 500 };
    throw error;
  }
}

async function answer(harbor: Harbor, incoming: Incoming, identity: Identity): Promise<Answer> {
  const { path, method } = incoming;
  const base = { harbor, identity, ...incoming };
  if (harbor.configuration.isReadOnly) requireWritable(base);
  if (path.startsWith(`${apiRoot}/`)) {
    const { handler, params } = match(method, path.slice(apiRoot.length));
    if (harbor.broken.database) requireDatabase(base);
    return handler({ ...base, params });
  }
  if (path === '/service/token') return issueToken({ ...base, params: {} });
  if (path === '/v2' || path.startsWith('/v2/')) return pull({ ...base, params: {} });
  return { status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8' }, raw: pageNotFound };
}

const readOnly = 'The system is in read only mode. Any modification is prohibited.';

/** A read-only Harbor refuses every write, whoever asks, but the one that makes it writable again. */
function requireWritable({ method, path }: Omit<Call, 'params'>): void {
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(method);
  const isSkipped = path === '/service/token' || path === `${apiRoot}/configurations`;
  if (!isRead && !isSkipped) throw denied(readOnly);
}

// Writes open a transaction before anything else, and reads of a project look for it before they ask who calls.
function requireDatabase(call: Omit<Call, 'params'>): void {
  const isProject = /^\/api\/v2\.0\/projects\/[^/]/.test(call.path);
  if (call.method !== 'GET' || isProject) throw internal();
}
