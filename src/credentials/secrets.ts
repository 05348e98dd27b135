import { ANNOTATIONS, LABELS } from '../api/group.js';
import { REASONS } from '../api/reasons.js';
import { allowsUrl, entryFor } from './allowed-hosts.js';
import type { Credentials } from './credentials.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Verdict } from '../api/verdict.js';
import { stalled, waiting } from '../api/verdict.js';

/** A Secret as the API server serves it: values in base64. */
export interface Secret extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** In the place of a Secret: no mirror can refer to this one. */
export const OPERATORS_OWN = 'operatorsOwn';

/** The Secrets of the operator's namespace. */
interface SecretsIn<Found> {
  /** For messages: where somebody has to look. */
  readonly namespace: string;
  readonly find: (name: string) => Found | undefined;
}

/** Finds a labelled Secret for a mirror that refers to it. */
export type SecretLookup = SecretsIn<Secret | typeof OPERATORS_OWN>;

/** Finds a Secret that the operator's own settings name. */
export type OwnSecretLookup = SecretsIn<Secret>;

/** What a Secret may be used for: the value of its label. */
type SecretUse = 'upstream' | 'harbor';

/** A value that was read, or why it can't be. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Verdict };

interface SecretRequest {
  readonly name: string;
  readonly use: SecretUse;
  /** Where the Secret's content would be sent to. */
  readonly url: string;
  /** Whether a Secret that doesn't say where it may be sent is refused. */
  readonly mustBeBound?: boolean;
}

/**
 * A Secret that may be used so. Only labelled Secrets are seen at all, only for the hosts that their annotation allows, and never the operator's
 * own: who may create mirrors must not be able to send someone's password to a url of their choice.
 */
function findSecret({ name, use, url, mustBeBound = false }: SecretRequest, lookup: SecretLookup): Read<Secret> {
  const secret = lookup.find(name);
  if (secret === OPERATORS_OWN) {
    return notAllowed(
      `Secret ${name} is the operator's own, and no mirror can refer to it. Refer to a Secret that was made for this; ` +
        "a mirror without spec.harbor.url uses the operator's Harbor and login as it is.",
    );
  }
  if (secret === undefined) {
    const message =
      `The operator's namespace ${lookup.namespace} has no Secret ${name} with the label ${LABELS.credentials}: ${use}. ` +
      'Create it there, or label it; what was written to Harbor before stays.';
    return { ok: false, problem: waiting(REASONS.secretNotFound, message) };
  }
  if (secret.metadata.labels?.[LABELS.credentials] !== use) {
    return notAllowed(`Secret ${name} isn't labelled ${LABELS.credentials}: ${use}, so it isn't used for this.`);
  }
  const allowed = secret.metadata.annotations?.[ANNOTATIONS.allowedHosts];
  if (allowed === undefined && mustBeBound) {
    return notAllowed(
      `Secret ${name} doesn't say where it may be sent, so it isn't sent to ${url}. ` +
        `Give it the annotation ${ANNOTATIONS.allowedHosts}: ${entryFor(url)}.`,
    );
  }
  if (allowed !== undefined && !allowsUrl(allowed, url)) {
    return notAllowed(
      `Secret ${name} may be sent to ${allowed} only (annotation ${ANNOTATIONS.allowedHosts}), not to ${url}. ` +
        `Add ${entryFor(url)} to the annotation, or refer to another Secret.`,
    );
  }
  return { ok: true, value: secret };
}

function notAllowed(message: string): { readonly ok: false; readonly problem: Verdict } {
  return { ok: false, problem: stalled(REASONS.secretNotAllowed, message) };
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
