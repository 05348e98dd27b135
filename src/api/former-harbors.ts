import type { FormerHarbor, HarborStatus, RegistryMirror } from './registry-mirror.js';

/** The CRD takes no more. Who moves a mirror more often than Harbors come back has to look after the oldest. */
const MAX_LISTED = 16;

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
  const { url, projectName, credentialsSecretRef, caCertificateSecretRef } = harbor;
  if (url === undefined || projectName === undefined) return undefined;
  return {
    url,
    projectName,
    ...(credentialsSecretRef === undefined ? {} : { credentialsSecretRef }),
    ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }),
  };
}
