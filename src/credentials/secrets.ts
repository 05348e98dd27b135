import { ANNOTATIONS, LABELS } from '../api/group.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { upstreamUrl } from '../api/upstream-types.js';
import { credentialsHmac } from './hmac.js';
import type { Credentials } from '../harbor/types.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { UpstreamSecrets } from '../mirror/desired.js';
import type { Verdict } from '../api/verdict.js';
import { stalled, waiting } from '../api/verdict.js';

/** A Secret as the API server serves it: values in base64. */
export interface Secret extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** Finds a labelled Secret of the operator's namespace. */
export type SecretLookup = (name: string) => Secret | undefined;

/** What a Secret may be used for: the value of its label. */
export type SecretUse = 'upstream' | 'harbor';

/** A value that was read, or why it can't be. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Verdict };

interface SecretRequest {
  readonly name: string;
  readonly use: SecretUse;
  /** host[:port] that the Secret's content would be sent to. */
  readonly host: string;
}

/**
 * A Secret that may be used so. Only labelled Secrets are seen at all, and only for the hosts that their annotation allows: who may
 * create mirrors must not be able to send someone's password to a url of their choice.
 */
function findSecret({ name, use, host }: SecretRequest, lookup: SecretLookup): Read<Secret> {
  const secret = lookup(name);
  if (secret === undefined) {
    const message =
      `The operator's namespace has no Secret ${name} with the label ${LABELS.credentials}: ${use}. ` +
      'Create it, or label it; what was written to Harbor before stays.';
    return { ok: false, problem: waiting(REASONS.secretNotFound, message) };
  }
  if (secret.metadata.labels?.[LABELS.credentials] !== use) {
    const message = `Secret ${name} isn't labelled ${LABELS.credentials}: ${use}, so it isn't used for this.`;
    return { ok: false, problem: stalled(REASONS.secretNotAllowed, message) };
  }
  const allowed = secret.metadata.annotations?.[ANNOTATIONS.allowedHosts];
  if (allowed !== undefined && !hostsOf(allowed).includes(host.toLowerCase())) {
    const message =
      `Secret ${name} may be sent to ${allowed} only (annotation ${ANNOTATIONS.allowedHosts}), not to ${host}. ` +
      'Add the host to the annotation, or refer to another Secret.';
    return { ok: false, problem: stalled(REASONS.secretNotAllowed, message) };
  }
  return { ok: true, value: secret };
}

function hostsOf(annotation: string): readonly string[] {
  return annotation
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
}

function readKey(secret: Secret, key: string): Read<string> {
  const encoded = secret.data?.[key];
  if (encoded === undefined || encoded === '') {
    const message = `Secret ${secret.metadata.name} has no value for the key ${key}. Add it.`;
    return { ok: false, problem: stalled(REASONS.secretInvalid, message) };
  }
  return { ok: true, value: Buffer.from(encoded, 'base64').toString('utf8') };
}

/** User name and password of a kubernetes.io/basic-auth Secret. */
export function readCredentials(request: SecretRequest, lookup: SecretLookup): Read<Credentials> {
  const secret = findSecret(request, lookup);
  if (!secret.ok) return secret;
  const username = readKey(secret.value, 'username');
  if (!username.ok) return username;
  const password = readKey(secret.value, 'password');
  if (!password.ok) return password;
  return { ok: true, value: { accessKey: username.value, accessSecret: password.value } };
}

/** The PEM certificate in a Secret's key ca.crt. */
export function readCaCertificate(request: SecretRequest, lookup: SecretLookup): Read<string> {
  const secret = findSecret(request, lookup);
  return secret.ok ? readKey(secret.value, 'ca.crt') : secret;
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
  const host = URL.parse(url)?.host;
  if (host === undefined) {
    const message = `spec.upstream.url ${url} can't be read as a url: its host is neither a name nor an address. Correct it.`;
    return { ok: false, problem: stalled(REASONS.urlInvalid, message) };
  }
  const { credentialsSecretRef, caCertificateSecretRef } = spec.upstream;
  let credentials: Credentials | undefined;
  let caCertificate: string | undefined;
  if (credentialsSecretRef !== undefined) {
    const read = readCredentials({ name: credentialsSecretRef.name, use: 'upstream', host }, lookup);
    if (!read.ok) return read;
    credentials = read.value;
  }
  if (caCertificateSecretRef !== undefined) {
    const read = readCaCertificate({ name: caCertificateSecretRef.name, use: 'upstream', host }, lookup);
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
