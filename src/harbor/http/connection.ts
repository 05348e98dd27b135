import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';

/** One Harbor and how to log in there. */
export interface HarborConnection {
  /** `http(s)://host[:port][/path]`; Harbor's API is below it at `/api/v2.0`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** PEM; trusted besides the system's. */
  readonly caCertificate?: string;
  readonly insecureSkipTLSVerify?: boolean;
}

export interface ProxyEnvironment {
  readonly HTTP_PROXY?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

/** The agent for one lane of a connection; pass it on as axios' httpAgent and httpsAgent. */
export type HarborAgent = HttpAgent | HttpsAgent;

/**
 * Harbor's address as requests are built on it: without trailing slash.
 * @throws Error saying what to write instead when it is no http(s) URL, or holds credentials, a query or a fragment.
 */
export function harborBaseUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new Error("Harbor's URL must be of the form https://harbor.example.org");
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new Error("Harbor's URL must not hold a user or password: put them into the Secret");
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error("Harbor's URL must have no query and no fragment");
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}

/**
 * Makes the agents of a connection: keep-alive, at most `maxSockets` each, all with the same trust. One TLS context serves them all:
 * reading the system's 150 certificates takes longer than a call.
 */
export function agentFactory(
  connection: HarborConnection,
  proxy: ProxyEnvironment | undefined,
): (maxSockets: number) => HarborAgent {
  const proxyEnv = isProxied(proxy) ? { proxyEnv: { ...proxy } } : {};
  if (new URL(connection.url).protocol === 'http:') {
    return (maxSockets) => new HttpAgent({ keepAlive: true, maxSockets, ...proxyEnv });
  }
  const tls = {
    secureContext: trust(connection.caCertificate),
    rejectUnauthorized: connection.insecureSkipTLSVerify !== true,
  };
  return (maxSockets) => new HttpsAgent({ keepAlive: true, maxSockets, ...tls, ...proxyEnv });
}

/** Whether this environment names a proxy at all. */
export function isProxied(proxy: ProxyEnvironment | undefined): proxy is ProxyEnvironment {
  return proxy?.HTTP_PROXY !== undefined || proxy?.HTTPS_PROXY !== undefined;
}

function trust(caCertificate: string | undefined): SecureContext {
  if (caCertificate === undefined) return createSecureContext();
  // What is no certificate would only be passed over, and Harbor's own then not be trusted.
  if (!caCertificate.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error("Harbor's CA certificate is not PEM: it must hold -----BEGIN CERTIFICATE-----");
  }
  return createSecureContext({ ca: [...getCACertificates('default'), caCertificate] });
}
