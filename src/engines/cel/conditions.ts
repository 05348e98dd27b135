import { ANNOTATIONS, LABELS } from '../../api/group.js';
import { DOCKER_HUB, LEGACY_DOCKER_HUB } from '../../image/reference.js';
import { CLIENT_SIDE_APPLY } from '../conditions/apply-again.js';
import { STATIC_POD_ANNOTATION } from '../conditions/static-pod.js';
import { namePatterns } from '../conditions/name-patterns.js';
import { celString } from '../syntax/escape.js';
import { HAS_HOST_PATTERN } from '../syntax/host-pattern.js';
import { contentCondition } from '../webhooks.js';
import { PULL_SECRET_PREFIX } from '../pull-secret.js';
import type { PolicySettings } from '../settings.js';
import { celList, celPattern } from './literals.js';
import type { Step } from './step.js';

interface ConditionInput {
  readonly hosts: readonly string[];
  readonly settings: Pick<PolicySettings, 'podsWithPullSecrets' | 'ignorePullSecrets'>;
  readonly excludedNamespaces: readonly string[];
  readonly contentHash: string;
  /** Whether the policy is for new Pods without a mirrored image, too. */
  readonly isForAnyNewPod: boolean;
}

/** Which Pods the policy is for: with failurePolicy Fail, these and no others fail while Kyverno is away. The API server asks all of them, and each must hold. */
export function conditionSteps(input: ConditionInput): readonly Step[] {
  const { settings, excludedNamespaces } = input;
  return [
    NEW_OR_APPLIED_AGAIN,
    ...namespaceSteps(excludedNamespaces),
    POD_OPT_OUT,
    STATIC_PODS,
    ...(settings.podsWithPullSecrets === 'Skip' ? [noPullSecrets(settings.ignorePullSecrets ?? [])] : []),
    mirroredImage(input),
  ];
}

const FIELD_MANAGER = 'request.options.?fieldManager.orValue("")';

const NEW_OR_APPLIED_AGAIN: Step = {
  name: 'new-or-applied-again',
  expression: `\
// A new Pod, a new ephemeral container, or the manifest of a rewritten Pod that is applied to it once more.
request.operation == "CREATE" || has(request.subResource) ||
oldObject.metadata.?annotations[?"${ANNOTATIONS.originalImages}"].hasValue() && (
  // Kyverno looks again without the options, at what the API server has let through by them.
  !has(request.options) || request.options == null ||
  // Who makes the patch of a manifest himself.
  ${FIELD_MANAGER} in ${celList(CLIENT_SIDE_APPLY, '  ')} ||
  // Server-side apply: the share of the spec that its manager owns is of the operation Apply.
  object.metadata.?managedFields.orValue([]).filter(f, f.?manager.orValue("") == ${FIELD_MANAGER} &&
    !has(f.subresource) && "f:spec" in f.?fieldsV1.orValue({})).map(f, f.operation) == ["Apply"]
)`,
  why:
    'Images are rewritten when a Pod is created, and in ephemeral containers when they are added. No other change of a Pod is touched, with one exception: ' +
    'a manifest that is applied again names the original images, and would undo the rewrite. Server-side apply shows in no option: to admission it ' +
    'is an update like any other, and only the managed fields tell.',
};

function namespaceSteps(excluded: readonly string[]): readonly Step[] {
  const exact = excluded.filter((name) => !name.includes('*'));
  const globs = excluded.filter((name) => name.includes('*'));
  const conditions = [
    ...(exact.length > 0 ? [`!(request.namespace in ${celList(exact)})`] : []),
    ...namePatterns(globs).map((pattern) => `!request.namespace.matches(${celPattern(pattern)})`),
  ];
  if (conditions.length === 0) return [];
  const why =
    'The namespaces that the operator excludes: those of the cluster itself, and those that Harbor, Kyverno and the operator need to come up without ' +
    'each other. Namespaces that opted out by their label are in matchConstraints.namespaceSelector.';
  return [{ name: 'namespace-not-excluded', expression: conditions.join(' &&\n'), why }];
}

const POD_OPT_OUT: Step = {
  name: 'pod-not-opted-out',
  expression: `object.metadata.?labels[?"${LABELS.rewrite}"].orValue("") != "disabled"`,
  why: `A Pod with the label ${LABELS.rewrite}: disabled is left alone.`,
};

const STATIC_PODS: Step = {
  name: 'not-a-static-pod',
  expression: `!object.metadata.?annotations[?"${STATIC_POD_ANNOTATION}"].hasValue()`,
  why: 'The API only has a copy of a static Pod: whatever is changed in it changes nothing on the node, and kubelet would make it anew.',
};

function noPullSecrets(ignored: readonly string[]): Step {
  const counts = [
    `!s.?name.orValue("").startsWith(${celString(PULL_SECRET_PREFIX)})`,
    ...namePatterns(ignored).map((pattern) => `!s.?name.orValue("").matches(${celPattern(pattern)})`),
  ];
  return {
    name: 'no-pull-secrets',
    expression: `\
// Secrets of a ServiceAccount are in the Pod by now; the operator's own${ignored.length > 0 ? ' and those of these names' : ''} don't count.
!object.spec.?imagePullSecrets.orValue([]).exists(s,
  ${counts.join(' &&\n  ')}
)`,
    why:
      'A Pod with pull secrets may use private images, and the cache can not pass its credentials on, so the whole Pod is left alone ' +
      '(rewrite.podsWithPullSecrets: Skip).',
  };
}

/** The last one, whose name says which content is in force. */
function mirroredImage({ hosts, contentHash, isForAnyNewPod }: ConditionInput): Step {
  const name = contentCondition(contentHash);
  const why =
    'Whether any image may be of a registry that a mirror serves, by the first part of its name. A volume without an image has an empty one. All other Pods are none of this policy: they cost next to ' +
    'nothing, and no outage stops them. Of a manifest that is applied again, only images count that the Pod had before its rewrite. The ' +
    'name ends in a hash of the policy, by which the operator sees that it is in force.';
  if (hosts.length === 0) return { name, expression: '// No mirror is left.\nfalse', why };
  const mirrored = hasMirroredImage(hosts);
  if (!isForAnyNewPod) return { name, expression: mirrored, why };
  const always =
    ' The API server calls a policy again after later webhooks only if it has called it before. With rewrite.injected: Always the policy is ' +
    'called for every new Pod, so that it sees containers that others add.';
  const expression = `// Any new Pod, since others may add containers to it later.\nrequest.operation == "CREATE" ||\n${mirrored}`;
  return { name, expression, why: why + always };
}

function hasMirroredImage(hosts: readonly string[]): string {
  const hub = hosts.includes(DOCKER_HUB);
  const known = (hub ? [...hosts, LEGACY_DOCKER_HUB] : hosts).toSorted();
  const isMirrored = `image.split("/")[0] in ${celList(known, '  ')}`;
  return `\
// An image of one of these registries${hub ? '; what names no registry is of Docker Hub' : ''}.
(has(request.subResource)
  ? object.spec.?ephemeralContainers.orValue([])
    .filter(c, !oldObject.spec.?ephemeralContainers.orValue([]).exists(o, o.name == c.?name.orValue("")))
    .map(c, c.?image.orValue(""))
  : object.spec.?containers.orValue([]).map(c, c.?image.orValue(""))
  + object.spec.?initContainers.orValue([]).map(c, c.?image.orValue(""))
  + object.spec.?volumes.orValue([]).map(v, v.?image.?reference.orValue(""))
).exists(image,
  ${hub ? `(${isMirrored} ||\n    image != "" && !image.matches(${celPattern(HAS_HOST_PATTERN)}))` : isMirrored} && (
    // Of an update, only one that the Pod had before its rewrite.
    request.operation == "CREATE" || has(request.subResource) ||
    oldObject.metadata.?annotations[?"${ANNOTATIONS.originalImages}"].orValue("").contains('":"' + image + '"')
  ))`;
}
