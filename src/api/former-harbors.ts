import type { FormerHarbor, HarborStatus, RegistryMirror, SecretReference } from './registry-mirror.js';

/** The CRD takes no more. Who moves a mirror more often than Harbors come back has to look after the oldest. */
const MAX_LISTED = 16;

interface Secrets {
  readonly credentialsSecretRef?: SecretReference | undefined;
  readonly caCertificateSecretRef?: SecretReference | undefined;
}

/**
 * The Harbors that this mirror was moved away from, by its status. Pure.
 *
 * @param url - of the Harbor that it uses now; undefined where that isn't known
 */
export function formerHarborsOf({ status }: RegistryMirror, url: string | undefined): readonly FormerHarbor[] {
  const { harbor, formerHarbors = [] } = status;
  if (url === undefined) return formerHarbors;
  const left = harbor === undefined || harbor.url === url ? undefined : placeOf(harbor);
  const others = formerHarbors.filter((former) => former.url !== url && former.url !== left?.url);
  return [...others, ...(left === undefined ? [] : [left])].slice(-MAX_LISTED);
}

/** The place that a status tells of; undefined where nothing was ever made there. */
export function placeOf(harbor: HarborStatus = {}): FormerHarbor | undefined {
  const { url, projectName, ...secrets } = harbor;
  return url === undefined || projectName === undefined ? undefined : placeWith(url, projectName, secrets);
}

/** A place in a Harbor, and the Secrets that it is reached with, as far as there are any. */
export function placeWith(
  url: string,
  projectName: string,
  { credentialsSecretRef, caCertificateSecretRef }: Secrets = {},
): FormerHarbor {
  return {
    url,
    projectName,
    ...(credentialsSecretRef === undefined ? {} : { credentialsSecretRef }),
    ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }),
  };
}
