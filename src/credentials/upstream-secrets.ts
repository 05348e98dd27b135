import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { upstreamUrl } from '../api/spec/upstream-types.js';
import { stalled, waiting } from '../api/verdict.js';
import type { Credentials } from './credentials.js';
import { credentialsHmac } from './hmac.js';
import { readCaCertificate, readCredentials } from './secrets.js';
import type { Read, SecretLookup } from './secrets.js';

/** The Secrets that a mirror's endpoint is written with. */
export interface UpstreamSecrets {
  readonly credentials?: Credentials;
  /** PEM. */
  readonly caCertificate?: string;
  /** What tells these Secrets from others without telling them: an HMAC with the operator's key. */
  readonly hmac?: string;
}

/**
 * The Secrets that a mirror's endpoint is written with.
 *
 * @param hmacKey - the operator's key; undefined where no mirror uses credentials
 */
export function upstreamSecrets(
  { spec }: RegistryMirror,
  lookup: SecretLookup,
  hmacKey: Buffer | undefined,
): Read<UpstreamSecrets> {
  const url = upstreamUrl(spec);
  if (!URL.canParse(url)) {
    const message = `spec.upstream.url ${url} can't be read as a url: its host is neither a name nor an address. Correct it.`;
    return { ok: false, problem: stalled(REASONS.urlInvalid, message) };
  }
  const { credentialsSecretRef, caCertificateSecretRef } = spec.upstream;
  let credentials: Credentials | undefined;
  let caCertificate: string | undefined;
  if (credentialsSecretRef !== undefined) {
    const read = readCredentials({ name: credentialsSecretRef.name, use: 'upstream', url }, lookup);
    if (!read.ok) return read;
    credentials = read.value;
  }
  if (caCertificateSecretRef !== undefined) {
    const read = readCaCertificate({ name: caCertificateSecretRef.name, use: 'upstream', url }, lookup);
    if (!read.ok) return read;
    caCertificate = read.value;
  }
  if (credentials === undefined) {
    return { ok: true, value: caCertificate === undefined ? {} : { caCertificate } };
  }
  if (hmacKey === undefined) {
    return { ok: false, problem: waiting(REASONS.progressing, "The operator's key isn't there yet.", 500) };
  }
  const hmac = credentialsHmac(hmacKey, { credentials });
  return { ok: true, value: { credentials, hmac, ...(caCertificate === undefined ? {} : { caCertificate }) } };
}
