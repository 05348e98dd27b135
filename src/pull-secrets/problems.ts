import { ANNOTATIONS } from '../api/group.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import type { KubernetesError } from '../kubernetes/errors.js';
import type { HarborLookResult } from '../mirror/look-result.js';
import type { PullAccess } from './cluster.js';
import type { Verdict } from '../api/verdict.js';
import { stalled, waiting } from '../api/verdict.js';

const PERMISSION_MESSAGE =
  'spec.rewrite.pullSecret Inject needs rights that the operator has not: to see namespaces, and to write Secrets in them. ' +
  'Apply them with kubectl apply -k config/components/pull-secrets.';
/** Of somebody else's Secrets so many are told. */
const SHOWN = 5;

/** Whether the mirror's Pods get pull Secrets. */
export function usesPullSecrets({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.pullSecret === 'Inject' && rewrite.engine !== 'None';
}

/** A mirror that is in the policies stays; one that isn't waits. What the look found wrong goes first. */
export function blocked(look: HarborLookResult, problem: Verdict | undefined): HarborLookResult {
  if (problem === undefined) return look;
  return { ...look, verdict: look.verdict.kind === 'ready' ? problem : look.verdict };
}

export function accessProblem(access: Exclude<PullAccess, 'ready'>): Verdict {
  return access === 'forbidden'
    ? stalled(REASONS.pullSecretPermissionMissing, PERMISSION_MESSAGE)
    : waiting(REASONS.progressing, 'The namespaces have not been read yet.', 500);
}

/** A write was refused although the reads are not: some of the rights are there, or the namespace is going away. */
export function refusedWrite({ message }: KubernetesError): Verdict {
  return waiting(REASONS.pullSecretPermissionMissing, `${PERMISSION_MESSAGE} The API server says: ${message}`);
}

export function foreignRobots(project: string, names: readonly string[]): Verdict {
  const message =
    `Harbor's project ${project} has a robot account ${names.join(' and ')} that isn't this mirror's. ` +
    'Delete it there, or rename it.';
  return stalled(REASONS.pullSecretConflict, message);
}

/** @param keys - `namespace/name` of each */
export function foreignSecrets(keys: readonly string[]): Verdict {
  const shown = keys.toSorted().slice(0, SHOWN).join(', ');
  const more = keys.length > SHOWN ? `, and ${keys.length - SHOWN} more` : '';
  const message =
    `A Secret of somebody else's has the name that Pods need there: ${shown}${more}. ` +
    `Delete it, then set the annotation ${ANNOTATIONS.requestedAt} of this mirror to have it looked at.`;
  return stalled(REASONS.pullSecretConflict, message);
}
