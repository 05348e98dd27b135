import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { forbidden } from './answer.js';

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export interface CookieHeaders {
  readonly 'Set-Cookie'?: string | readonly string[];
  readonly 'X-Harbor-Csrf-Token'?: string;
}

/**
 * Harbor's rule against forged requests: every answer sets a `sid` cookie, and whoever sends any `sid` back must send a
 * token with each write, even with basic authentication.
 */
export class Csrf {
  readonly #tokens = new Set<string>();

  /** The headers that the answer to such a request carries, whatever else comes of it. */
  headersFor(headers: IncomingHttpHeaders): CookieHeaders {
    const cookies = cookiesOf(headers);
    if (!cookies.has('sid')) return { 'Set-Cookie': `sid=${randomBytes(16).toString('hex')}; Path=/; HttpOnly` };
    const token = randomBytes(48).toString('base64');
    this.#tokens.add(token);
    const cookie = `_gorilla_csrf=${randomBytes(48).toString('base64url')}; Path=/; HttpOnly; SameSite=Strict`;
    return { 'X-Harbor-Csrf-Token': token, ...(cookies.has('_gorilla_csrf') ? {} : { 'Set-Cookie': cookie }) };
  }

  /** @throws Refusal 403 for a write with a `sid` cookie and without its token. */
  check(method: string, headers: IncomingHttpHeaders): void {
    const cookies = cookiesOf(headers);
    if (safe.has(method) || !cookies.has('sid')) return;
    const token = headers['x-harbor-csrf-token'];
    if (typeof token !== 'string' || !cookies.has('_gorilla_csrf')) throw forbidden('CSRF token not found in request');
    if (!this.#tokens.has(token)) throw forbidden('CSRF token invalid');
  }
}

function cookiesOf(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (name !== '') cookies.set(name, value);
  }
  return cookies;
}
