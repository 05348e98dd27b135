import { createHmac } from 'node:crypto';

/** What an endpoint is written with that can't be read back, or only together makes sense. */
interface EndpointSecrets {
  readonly credentials?: { readonly accessKey: string; readonly accessSecret: string };
  readonly caCertificate?: string;
}

/**
 * What tells whether an endpoint has these credentials, without telling them: Harbor masks secrets when they are read, so this is kept in
 * the mark. Keyed, so that who reads the description can't try passwords against it. 128 bits, base64url.
 */
export function credentialsHmac(key: string | Uint8Array, secrets: EndpointSecrets): string {
  const { credentials, caCertificate } = secrets;
  // JSON, so that no two different sets of values run together into the same text.
  const content = JSON.stringify([
    'v1',
    credentials?.accessKey ?? null,
    credentials?.accessSecret ?? null,
    caCertificate ?? null,
  ]);
  return createHmac('sha256', key).update(content).digest().subarray(0, 16).toString('base64url');
}
