import { ANNOTATIONS } from '../../api/group.js';
import { projectName } from '../../api/spec/upstream-types.js';
import { placeOf } from '../../api/former-harbors.js';
import type { FormerHarbor, RegistryMirror, SecretReference } from '../../api/registry-mirror.js';

/**
 * The annotation that says where a mirror begins. It goes with the finalizer, in one request, and so costs none of its own. With the uid, so that what
 * a backup, or Git, brings back says nothing of another object.
 *
 * @param url - of the Harbor, as the status would have it
 */
export function beganInAnnotation(mirror: RegistryMirror, url: string): Readonly<Record<string, string>> {
  // A status in memory knows better where somebody took the annotation away.
  const place = placeOf(mirror.status.harbor) ?? placeIn(mirror, url);
  return { [ANNOTATIONS.beganIn]: JSON.stringify({ uid: mirror.metadata.uid, ...place }) };
}

/** Where a mirror has something, or is about to, in the Harbor of this url, which its spec names. */
export function placeIn(mirror: RegistryMirror, url: string): FormerHarbor {
  const { credentialsSecretRef, caCertificateSecretRef } = mirror.spec.harbor ?? {};
  return {
    url,
    projectName: projectName(mirror),
    ...(credentialsSecretRef === undefined ? {} : { credentialsSecretRef }),
    ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }),
  };
}

/**
 * Where the mirror began, as long as no status has told it: afterwards the annotation means nothing, since what was left behind on purpose must stay.
 * Whoever may annotate a mirror can write anything there: what isn't of this form is as good as nothing, and what is gets no further than
 * `spec.harbor` would, to what carries this mirror's mark, with a Secret that allows this host. Pure.
 */
export function beganIn({ metadata, status }: RegistryMirror): FormerHarbor | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.beganIn];
  if (text === undefined || status.harbor !== undefined) return undefined;
  const { uid, url, projectName: project, credentialsSecretRef, caCertificateSecretRef } = membersOf(text);
  if (uid === undefined || uid !== metadata.uid || !isBaseUrl(url) || !isName(project)) return undefined;
  const secrets = [credentialsSecretRef, caCertificateSecretRef];
  if (!secrets.every((secret) => secret === undefined || isReference(secret))) return undefined;
  return {
    url,
    projectName: project,
    ...(isReference(credentialsSecretRef) ? { credentialsSecretRef: { name: credentialsSecretRef.name } } : {}),
    ...(isReference(caCertificateSecretRef) ? { caCertificateSecretRef: { name: caCertificateSecretRef.name } } : {}),
  };
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Somebody wrote it by hand.
    return {};
  }
}

/** A url as the operator writes it: http or https, with neither user nor query. */
function isBaseUrl(value: unknown): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '') === value;
}

function isReference(value: unknown): value is SecretReference {
  return typeof value === 'object' && value !== null && 'name' in value && isName(value.name);
}

/** Names of Secrets and of Harbor's projects alike. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 255 && /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(value);
}
