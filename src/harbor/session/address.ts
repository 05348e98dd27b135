import { REASONS } from '../../api/reasons.js';
import type { FormerHarbor, HarborReference } from '../../api/registry-mirror.js';
import { readCaCertificate, readCredentials } from '../../credentials/secrets.js';
import type { Read, SecretLookup } from '../../credentials/secrets.js';
import { harborBaseUrl } from '../http/connection.js';
import type { HarborConnection } from '../http/connection.js';
import { stalled } from '../../api/verdict.js';

/** The operator's own Harbor: what mirrors without `spec.harbor` use. */
export interface OwnHarbor {
  readonly url: string;
  readonly pullHost: string | undefined;
  readonly login:
    | { readonly kind: 'secret'; readonly name: string }
    | { readonly kind: 'given'; readonly username: string; readonly password: string };
  readonly caSecret: string | undefined;
  readonly insecureSkipTLSVerify: boolean;
}

/**
 * What mirrors with the same Harbor and login have in common: they share a session. Where nodes pull from is each mirror's own affair. Throws for a url
 * that can't be used.
 */
export function sessionKey(reference: HarborReference, own: OwnHarbor): string {
  const { url, credentialsSecretRef, caCertificateSecretRef } = reference;
  return JSON.stringify([url ?? own.url, credentialsSecretRef?.name, caCertificateSecretRef?.name]);
}

/** A Harbor that a mirror was moved away from, as it stood in its spec. */
export function referenceTo({ url, credentialsSecretRef, caCertificateSecretRef }: FormerHarbor): HarborReference {
  if (credentialsSecretRef === undefined) return {};
  return { url, credentialsSecretRef, ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }) };
}

/** How to reach a Harbor that a mirror names, or why that isn't known. */
export function connectionTo(reference: HarborReference, own: OwnHarbor, secret: SecretLookup): Read<HarborConnection> {
  const isOwn = reference.url === undefined;
  const given = reference.url ?? own.url;
  if (!URL.canParse(given)) {
    const message = `spec.harbor.url ${given} can't be read as a url: its host is neither a name nor an address. Correct it.`;
    return { ok: false, problem: stalled(REASONS.urlInvalid, message) };
  }
  const url = harborBaseUrl(given);
  const login = loginFor(url, reference.credentialsSecretRef?.name, own, secret);
  if (!login.ok) return login;
  const certificate = caFor(url, reference.caCertificateSecretRef?.name ?? (isOwn ? own.caSecret : undefined), secret);
  if (!certificate.ok) return certificate;
  const insecureSkipTLSVerify = isOwn && own.insecureSkipTLSVerify;
  const caCertificate = certificate.value === undefined ? {} : { caCertificate: certificate.value };
  return { ok: true, value: { url, ...login.value, insecureSkipTLSVerify, ...caCertificate } };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function loginFor(url: string, secretName: string | undefined, own: OwnHarbor, secret: SecretLookup): Read<Login> {
  const { login } = own;
  if (secretName === undefined && login.kind === 'given') {
    return { ok: true, value: { username: login.username, password: login.password } };
  }
  const ownName = login.kind === 'secret' ? login.name : undefined;
  if (secretName !== undefined && secretName === ownName && url !== harborBaseUrl(own.url)) {
    // Who may create mirrors must not be able to have the operator's own password sent to a url of their choice.
    const message = `Secret ${secretName} is the operator's own and isn't sent to ${url}. Refer to another Secret.`;
    return { ok: false, problem: stalled(REASONS.secretNotAllowed, message) };
  }
  const name = secretName ?? ownName ?? '';
  const read = readCredentials({ name, use: 'harbor', host: new URL(url).host }, secret);
  if (!read.ok) return read;
  return { ok: true, value: { username: read.value.accessKey, password: read.value.accessSecret } };
}

function caFor(url: string, secretName: string | undefined, secret: SecretLookup): Read<string | undefined> {
  if (secretName === undefined) return { ok: true, value: undefined };
  return readCaCertificate({ name: secretName, use: 'harbor', host: new URL(url).host }, secret);
}
