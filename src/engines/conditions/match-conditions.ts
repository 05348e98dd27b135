import { LABELS } from '../../api/group.js';
import { IS_APPLIED_AGAIN, IS_RECORDED } from './apply-again.js';
import { celString, celStrings, re2Literal } from '../syntax/escape.js';
import { contentCondition } from '../webhooks.js';
import { DOCKER_HUB, LEGACY_DOCKER_HUB } from '../syntax/grammar.js';
import { PULL_SECRET_PREFIX } from '../pull-secret.js';
import type { PolicySettings } from '../settings.js';

/** As in admissionregistration.k8s.io/v1. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** The annotation by which kubelet marks the API's copy of a static Pod: whatever is changed in it changes nothing on the node. */
const STATIC_POD_ANNOTATION = 'kubernetes.io/config.mirror';

/** Of the Pod itself: an ephemeral container comes through a subresource. */
const IS_POD_UPDATE = "(request.operation == 'UPDATE' && !has(request.subResource))";

/** Of all updates of a Pod only those by a manifest that is applied again. */
const IS_CHANGE = `(!${IS_POD_UPDATE} || ${IS_APPLIED_AGAIN})`;

/**
 * Whether the API server calls Kyverno for a Pod at all. The cheap ones come first: the first that is false ends it.
 *
 * Kyverno compiles all of them again for every request that they let through, so they are few, and the hosts are one text
 * rather than a list.
 */
export function matchConditions(
  hosts: readonly string[],
  settings: PolicySettings,
  excludedNamespaces: readonly string[],
  contentHash: string,
): readonly MatchCondition[] {
  return [
    {
      name: 'pod-may-be-changed',
      expression: [IS_CHANGE, ...podConditions(settings, excludedNamespaces)].join(' && '),
    },
    { name: contentCondition(contentHash), expression: hasMirroredImage(hosts) },
  ];
}

/** What must hold for a Pod whatever its images are: CEL expressions on `object` and `request`. */
function podConditions(settings: PolicySettings, excludedNamespaces: readonly string[]): readonly string[] {
  return [
    ...namespaceConditions(excludedNamespaces),
    `!(has(object.metadata.labels) && ${celString(LABELS.rewrite)} in object.metadata.labels` +
      ` && object.metadata.labels[${celString(LABELS.rewrite)}] == 'disabled')`,
    `!(has(object.metadata.annotations) && ${celString(STATIC_POD_ANNOTATION)} in object.metadata.annotations)`,
    // The ServiceAccount admission plugin runs before all policies and webhooks, so secrets inherited from it are in the Pod by now.
    // Ours don't count: another policy, or this one before somebody else changed the Pod, may have added them.
    ...(settings.podsWithPullSecrets === 'Skip' ? [`!${HAS_OTHER_PULL_SECRETS}`] : []),
  ];
}

function namespaceConditions(excluded: readonly string[]): readonly string[] {
  const exact = excluded.filter((name) => !name.includes('*'));
  const globs = excluded.filter((name) => name.includes('*'));
  const pattern = globs.map((glob) => glob.split('*').map(re2Literal).join('.*')).join('|');
  return [
    ...(exact.length > 0 ? [`!(request.namespace in ${celStrings(exact)})`] : []),
    ...(globs.length > 0 ? [`!request.namespace.matches(${celString(`^(?:${pattern})$`)})`] : []),
  ];
}

/** Whether any image of the request may have to be rewritten: by its host, and by a Pod's record. The rest is for the policy to decide. */
function hasMirroredImage(hosts: readonly string[]): string {
  if (hosts.length === 0) return 'false';
  return `(${requestImages()}).exists(i, ${mayBeMirrored(hosts, 'i')} && (!${IS_POD_UPDATE} || ${IS_RECORDED}))`;
}

/**
 * CEL condition that an image may be of one of these hosts: quick, and never false for one that is.
 *
 * @param image - CEL expression of the image's name
 */
export function mayBeMirrored(hosts: readonly string[], image: string): string {
  const hub = hosts.includes(DOCKER_HUB);
  const known = hub ? [...hosts, LEGACY_DOCKER_HUB] : hosts;
  const firstPart = `${image}.substring(0, ${image}.indexOf('/') + 1)`;
  const named = `${celString(`/${known.join('/')}/`)}.contains('/' + ${firstPart})`;
  return hub
    ? `(!${image}.contains('/') || ${named} || !${image}.matches('^(localhost|[^/]*[.:A-Z][^/]*)/'))`
    : `(${image}.contains('/') && ${named})`;
}

/** The image names of a Pod, or those of its new ephemeral containers. Fields may be missing: a Pod is validated only later. */
function requestImages(): string {
  const added = images('ephemeralContainers', `${hasField('image')} && ${isNew('ephemeralContainers')}`, 'image');
  const all = [
    images('containers', hasField('image'), 'image'),
    images('initContainers', hasField('image'), 'image'),
    images('volumes', hasField('image.reference'), 'image.reference'),
  ];
  return `has(request.subResource) ? ${added} : ${all.join(' + ')}`;
}

function images(list: string, condition: string, field: string): string {
  return `(has(object.spec.${list}) ? object.spec.${list}.filter(e, ${condition}).map(e, e.${field}) : [])`;
}

/** CEL condition that `e.image`, or `e.image.reference`, is there. */
export function hasField(field: string, of = 'e'): string {
  return field === 'image' ? `has(${of}.image)` : `has(${of}.image) && has(${of}.image.reference)`;
}

/** CEL condition that `e` had another image before this update. */
export function hasChanged(list: string, field: string): string {
  const before = `oldObject.spec.${list}`;
  return `has(${before}) && ${before}.exists(o, o.name == e.name && ${hasField(field, 'o')} && o.${field} != e.${field})`;
}

/** CEL condition that the Pod has no `e` yet. */
export function isNew(list: string): string {
  return `!(has(oldObject.spec.${list}) && oldObject.spec.${list}.exists(o, o.name == e.name))`;
}

/** CEL condition that a Pod has a pull secret that isn't one of ours. */
const HAS_OTHER_PULL_SECRETS =
  '(has(object.spec.imagePullSecrets) && object.spec.imagePullSecrets.exists(s, ' +
  `!(has(s.name) && s.name.startsWith(${celString(PULL_SECRET_PREFIX)}))))`;
