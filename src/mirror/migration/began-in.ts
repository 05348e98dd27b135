import { z } from 'zod';
import { ANNOTATIONS } from '../../api/group.js';
import { projectName } from '../../api/spec/upstream-types.js';
import { placeOf, placeWith } from '../../api/former-harbors.js';
import type { FormerHarbor, RegistryMirror } from '../../api/registry-mirror.js';

/** Names of Secrets and of Harbor's projects alike. */
const name = z
  .string()
  .max(255)
  .regex(/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/);
const secretReference = z.object({ name }).optional();
const written = z.object({
  uid: z.string(),
  url: z.string().refine(isBaseUrl),
  projectName: name,
  credentialsSecretRef: secretReference,
  caCertificateSecretRef: secretReference,
});

/** What the CRD gives a new mirror. A status that says no more than where the mirror is leaves it so. */
const NEVER_REPORTED = -1;

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
  return placeWith(url, projectName(mirror), mirror.spec.harbor);
}

/**
 * Where the mirror began, until a look was reported, or a status told it: afterwards the annotation means nothing, since what was left behind on purpose
 * must stay, and what was never made is nowhere.
 * Whoever may annotate a mirror can write anything there: what isn't of this form is as good as nothing, and what is gets no further than
 * `spec.harbor` would, to what carries this mirror's mark, with a Secret that allows this host. Pure.
 */
export function beganIn({ metadata, status }: RegistryMirror): FormerHarbor | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.beganIn];
  const isNew = status.harbor === undefined && status.observedGeneration === NEVER_REPORTED;
  if (text === undefined || !isNew) return undefined;
  const { data } = written.safeParse(jsonOf(text));
  return data === undefined || data.uid !== metadata.uid ? undefined : placeWith(data.url, data.projectName, data);
}

/** @returns undefined for what is no JSON, as where somebody wrote it by hand */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A url as the operator writes it: http or https, with neither user nor query. */
function isBaseUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '') === value;
}
