import { REASONS } from '../../api/reasons.js';
import { stalled } from '../../api/verdict.js';
import type { FormerHarbor, HarborReference } from '../../api/registry-mirror.js';
import { OPERATORS_OWN, readCaCertificate, readCredentials } from '../../credentials/secrets.js';
import type { OwnSecretLookup, Read, SecretLookup } from '../../credentials/secrets.js';
import { harborBaseUrl } from '../http/connection.js';
import type { HarborConnection } from '../http/connection.js';

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

/** What mirrors with the same Harbor and login have in common: they share a session. Where nodes pull from is each mirror's own affair. */
export function sessionKey(reference: HarborReference, own: OwnHarbor): string {
  const { url, credentialsSecretRef, caCertificateSecretRef } = reference;
  return JSON.stringify([url ?? own.url, credentialsSecretRef?.name, caCertificateSecretRef?.name]);
}

/** Secrets by their names: those that mirrors can refer to, and those that the operator's own settings name. */
export interface HarborSecrets {
  readonly secret: SecretLookup;
  readonly ownSecret: OwnSecretLookup;
}

/**
 * A Harbor that a mirror was moved away from, as it stood in its spec. Older versions let a mirror of the operator's own Harbor name the operator's own
 * Secret.
 */
export function referenceTo(
  { url, credentialsSecretRef, caCertificateSecretRef }: FormerHarbor,
  own: OwnHarbor,
  { secret }: HarborSecrets,
): HarborReference {
  if (credentialsSecretRef === undefined) return {};
  if (url === harborBaseUrl(own.url) && secret.find(credentialsSecretRef.name) === OPERATORS_OWN) return {};
  return { url, credentialsSecretRef, ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }) };
}

/** How to reach a Harbor that a mirror names, or why that isn't known. */
export function connectionTo(
  reference: HarborReference,
  own: OwnHarbor,
  secrets: HarborSecrets,
): Read<HarborConnection> {
  const isOwn = reference.url === undefined;
  const given = reference.url ?? own.url;
  if (!URL.canParse(given)) {
    const message = `spec.harbor.url ${given} can't be read as a url: its host is neither a name nor an address. Correct it.`;
    return { ok: false, problem: stalled(REASONS.urlInvalid, message) };
  }
  const url = harborBaseUrl(given);
  const login = loginFor(url, reference, own, secrets);
  if (!login.ok) return login;
  const certificate = caFor(url, reference, own, secrets);
  if (!certificate.ok) return certificate;
  const insecureSkipTLSVerify = isOwn && own.insecureSkipTLSVerify;
  const caCertificate = certificate.value === undefined ? {} : { caCertificate: certificate.value };
  return { ok: true, value: { url, ...login.value, insecureSkipTLSVerify, ...caCertificate } };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function loginFor(
  url: string,
  { credentialsSecretRef }: HarborReference,
  own: OwnHarbor,
  secrets: HarborSecrets,
): Read<Login> {
  const { login } = own;
  if (credentialsSecretRef === undefined && login.kind === 'given') {
    return { ok: true, value: { username: login.username, password: login.password } };
  }
  const read =
    credentialsSecretRef === undefined
      ? readCredentials({ name: login.kind === 'secret' ? login.name : '', use: 'harbor', url }, secrets.ownSecret)
      : readCredentials({ name: credentialsSecretRef.name, use: 'harbor', url, mustBeBound: true }, secrets.secret);
  if (!read.ok) return read;
  return { ok: true, value: { username: read.value.accessKey, password: read.value.accessSecret } };
}

function caFor(
  url: string,
  reference: HarborReference,
  own: OwnHarbor,
  secrets: HarborSecrets,
): Read<string | undefined> {
  const { caCertificateSecretRef } = reference;
  if (caCertificateSecretRef !== undefined) {
    return readCaCertificate({ name: caCertificateSecretRef.name, use: 'harbor', url }, secrets.secret);
  }
  if (reference.url !== undefined || own.caSecret === undefined) return { ok: true, value: undefined };
  return readCaCertificate({ name: own.caSecret, use: 'harbor', url }, secrets.ownSecret);
}
