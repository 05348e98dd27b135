import { ANNOTATIONS, LABELS } from '../../api/group.js';
import type { PolicySettings } from '../../engines/settings.js';
import { isExcluded } from '../cluster/excluded-namespaces.js';
import { PULL_SECRET_PREFIX } from '../../engines/pull-secret.js';
import { STATIC_POD_ANNOTATION } from '../../engines/conditions/static-pod.js';
import { unmet } from '../../engines/conditions/label-selector.js';
import type { Labels } from '../../api/object-meta.js';
import { matchesGlob } from '../../image/glob.js';
import type { LeftAlone } from '../../image/left-alone.js';
import type { Pod } from './pod.js';

/** Why an image is as it is: a word for scripts, and a sentence's end for people. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

type ReasonCode =
  | 'NamespaceExcluded'
  | 'NamespaceOptedOut'
  | 'PodOptedOut'
  | 'StaticPod'
  | 'NamespaceNotSelected'
  | 'PodNotSelected'
  | 'PullSecret'
  | 'NeverPulled'
  | LeftAlone
  | 'AddedLater'
  | 'EngineNone'
  | 'MirrorDeleted'
  | 'HostConflict'
  | 'PolicyWithdrawn'
  | 'NotInForce'
  | 'CreatedBefore'
  | 'FellBack'
  | 'ChangedSince'
  | 'OtherHost'
  | 'OtherRepository'
  | 'InvalidName'
  | 'Unexplained';

/** A Pod with all around it that a policy looks at. */
export interface PodContext {
  readonly pod: Pod;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly pullSecrets: PullSecrets;
}

/** The Pod's pull secrets, those that it has or will get from its ServiceAccount included. */
export interface PullSecrets {
  readonly names: readonly string[];
  /** The ServiceAccount that they come from; undefined: the Pod's own. */
  readonly serviceAccount?: string;
}

/**
 * Why a policy with these settings leaves a Pod alone, whatever its images are; undefined where it doesn't. In the order that the
 * API server and the policies decide in.
 */
export function podReason(
  { pod, namespace, namespaceLabels, pullSecrets }: PodContext,
  settings: PolicySettings,
  excludedNamespaces: readonly string[],
): Reason | undefined {
  const labels = pod.metadata.labels ?? {};
  if (isExcluded(namespace, excludedNamespaces)) {
    return {
      code: 'NamespaceExcluded',
      text: `the operator excludes the namespace ${namespace} (EXCLUDED_NAMESPACES)`,
    };
  }
  if (namespaceLabels[LABELS.rewrite] === 'disabled') {
    return { code: 'NamespaceOptedOut', text: `the namespace ${namespace} is labelled ${LABELS.rewrite}=disabled` };
  }
  const namespaceNeeds = unmet(settings.namespaceSelector, namespaceLabels);
  if (namespaceNeeds !== undefined) {
    const text = `rewrite.namespaceSelector asks for namespaces with ${namespaceNeeds}, and ${namespace} is none`;
    return { code: 'NamespaceNotSelected', text };
  }
  const podNeeds = unmet(settings.podSelector, labels);
  if (podNeeds !== undefined) {
    return { code: 'PodNotSelected', text: `rewrite.podSelector asks for Pods with ${podNeeds}, and this is none` };
  }
  if (labels[LABELS.rewrite] === 'disabled') {
    return { code: 'PodOptedOut', text: `the Pod is labelled ${LABELS.rewrite}=disabled` };
  }
  if (pod.metadata.annotations?.[STATIC_POD_ANNOTATION] !== undefined) {
    return { code: 'StaticPod', text: "it is a static Pod: its file on the node decides, not the API server's copy" };
  }
  return settings.podsWithPullSecrets === 'Skip'
    ? pullSecretReason(pullSecrets, settings.ignorePullSecrets, isRewritten(pod))
    : undefined;
}

/** Whether a policy of ours has rewritten anything in it, by what the Pod says itself. */
export function isRewritten({ metadata }: Pod): boolean {
  return metadata.annotations?.[ANNOTATIONS.originalImages] !== undefined;
}

function pullSecretReason(
  { names: all, serviceAccount }: PullSecrets,
  ignored: readonly string[] = [],
  wasRewritten: boolean,
): Reason | undefined {
  // Those that another policy of ours has added don't count.
  const names = all.filter(
    (name) => !name.startsWith(PULL_SECRET_PREFIX) && !ignored.some((glob) => matchesGlob(glob, name)),
  );
  if (names.length === 0) return undefined;
  const which = `the pull secret${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
  const from = serviceAccount === undefined ? 'of its own' : `from its ServiceAccount ${serviceAccount}`;
  const text = `the Pod has ${which} ${from}, which Harbor can't pass on (rewrite.podsWithPullSecrets is Skip)`;
  // Rewritten by this policy, before the secret came, or by another one that doesn't mind secrets: the Pod doesn't say which.
  const later = '; another policy or webhook may have added it after this policy ran';
  return { code: 'PullSecret', text: wasRewritten ? `${text}${later}` : text };
}
