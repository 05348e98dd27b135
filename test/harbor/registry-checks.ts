import { Panic, badRequest, conflict, internal } from './answer.js';
import type { Fields } from './body.js';
import type { Harbor } from './harbor.js';
import type { PingTarget } from './registry-types.js';
import { ping } from './registry-types.js';

/**
 * A url as Harbor keeps it: http when it names no scheme, without trailing slash, query, fragment and user.
 *
 * @throws Refusal 400 when it's empty or neither http nor https.
 */
export function keptUrl(text: string): string {
  if (text.trim() === '') throw badRequest('empty string');
  const withScheme = text.includes('://') ? text : `http://${text}`;
  const scheme = withScheme.slice(0, withScheme.indexOf('://'));
  if (scheme !== 'http' && scheme !== 'https') throw badRequest(`invalid HTTP scheme: ${scheme}`);
  if (!URL.canParse(withScheme)) throw badRequest(`invalid URL: ${text}`);
  const parsed = new URL(withScheme);
  return `${scheme}://${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
}

export function checkName(name: string): void {
  if (name === '') throw badRequest('name cannot be empty');
  if (Buffer.byteLength(name) > 64) throw badRequest('the max length of name is 64');
}

// Older versions don't know the field and ignore it silently.
export function certificateOf(harbor: Harbor, fields: Fields): string | undefined {
  const certificate = fields.text('ca_certificate');
  if (certificate === undefined || !harbor.has('ca_certificate')) return undefined;
  if (certificate !== '' && !/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(certificate)) {
    throw badRequest('invalid CA certificate: no valid certificates found in PEM data');
  }
  return certificate;
}

/** @throws Refusal 400 or 500, as the type of the endpoint has it, unless its upstream passes the health check. */
export async function requireHealthy(harbor: Harbor, target: PingTarget): Promise<void> {
  const health = await ping(harbor.upstreams, target);
  switch (health) {
    case 'healthy':
      return;
    case 'unhealthy':
      throw badRequest('the registry is unhealthy');
    case 'error':
      throw internal();
    case 'crash':
      throw new Panic();
  }
}

/** Neither fits its database column. */
export function requireStorable(target: PingTarget): void {
  if (target.accessKey.length > 255 || target.accessSecret.length > 4096) throw internal();
}

export function requireNameFree(harbor: Harbor, name: string, id: number): void {
  if (harbor.state.endpoints.find((endpoint) => endpoint.name === name && endpoint.id !== id) !== undefined) {
    throw conflict(`registry ${name} already exists`);
  }
}
