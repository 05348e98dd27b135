import { ANNOTATIONS, LABELS } from '../../api/group.js';
import { DOCKER_HUB, LEGACY_DOCKER_HUB } from '../../image/reference.js';
import { namePatterns } from '../conditions/name-patterns.js';
import type { PolicyInput } from '../engine.js';
import { PULL_SECRET_PREFIX } from '../pull-secret.js';
import type { PolicySettings } from '../settings.js';
import { celLines } from '../syntax/escape.js';
import { HAS_HOST_PATTERN } from '../syntax/host-pattern.js';
import { contentCondition } from '../webhooks.js';

/** As in admissionregistration.k8s.io/v1. */
interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/**
 * Which requests the API server sends to Kyverno at all, and so which are refused while Kyverno is away. It is one condition with few macros, since
 * Kyverno compiles them anew for each request, which takes longer than all of its rules.
 */
export function matchConditions(
  { rules, settings, excludedNamespaces }: PolicyInput,
  contentHash: string,
): readonly MatchCondition[] {
  const hosts = rules.flatMap((rule) => rule.hosts).sort();
  const expression = hosts.length === 0 ? 'false' : condition(hosts, settings, excludedNamespaces);
  return [{ name: contentCondition(contentHash), expression }];
}

/** For `render --explain`. */
export const MATCH_CONDITION =
  'Which Pods the API server sends to Kyverno at all, and so which Pods an outage of Kyverno reaches. The name ends in a hash of the policy, by which the ' +
  'operator sees that it is in force.';

function condition(hosts: readonly string[], settings: PolicySettings, excluded: readonly string[]): string {
  return [
    ...notIn(excluded),
    `// not where the Pod opts out,\nobject.metadata.?labels[?'${LABELS.rewrite}'].orValue('') != 'disabled'`,
    ...withoutPullSecrets(settings),
    images(hosts, settings),
  ].join(' &&\n');
}

function notIn(namespaces: readonly string[]): readonly string[] {
  const conditions = namePatterns(namespaces).map((pattern) => `!request.namespace.matches(r'${pattern}')`);
  return conditions.length === 0 ? [] : [`// Not in these namespaces,\n${conditions.join(' &&\n')}`];
}

/**
 * The ServiceAccount admission plugin runs before all policies and webhooks, so secrets inherited from it are in the Pod by now. Ours don't
 * count: another policy, or this one before somebody else changed the Pod, may have added them.
 */
function withoutPullSecrets({ podsWithPullSecrets, ignorePullSecrets = [] }: PolicySettings): readonly string[] {
  if (podsWithPullSecrets !== 'Skip') return [];
  const name = "s.?name.orValue('')";
  const doesNotCount = [
    `${name}.startsWith('${PULL_SECRET_PREFIX}')`,
    ...namePatterns(ignorePullSecrets).map((pattern) => `${name}.matches(r'${pattern}')`),
  ];
  return [
    `// not with pull secrets of its own, which the cache can't pass on,\nobject.spec.?imagePullSecrets.orValue([]).all(s,\n  ${doesNotCount.join(' ||\n  ')})`,
  ];
}

/** With `Always`, the policy sees a Pod before others add containers to it, since the API server asks again only whom it has asked before. */
function images(hosts: readonly string[], { injected }: PolicySettings): string {
  const mirrored = hasMirroredImage(hosts);
  if (injected !== 'Always') return `// and only with an image of one of these hosts.\n${mirrored}`;
  return `// and any new Pod, since others may add containers to it later, or an image of one of these hosts.\n(request.operation == 'CREATE' || ${mirrored})`;
}

/** Of a Pod that is updated, only images count that it had before its rewrite: whoever applies it again writes these. */
function hasMirroredImage(hosts: readonly string[]): string {
  const hub = hosts.includes(DOCKER_HUB);
  const known = (hub ? [...hosts, LEGACY_DOCKER_HUB] : hosts).toSorted();
  const implicit = hub ? `\n  || !c.image.matches(r'${HAS_HOST_PATTERN}')` : '';
  return `(
  has(request.subResource)
  ? object.spec.?ephemeralContainers.orValue([])
  : object.spec.containers + object.spec.?initContainers.orValue([]) +
    object.spec.?volumes.orValue([]).map(v, has(v.image), {'image': v.image.?reference.orValue('')})
).exists(c, has(c.image) && ('''
${celLines(known)}
'''.contains('\\n' + c.image.split('/')[0] + '\\n')${implicit}) &&
  (request.operation == 'CREATE' || has(request.subResource) ||
   oldObject.metadata.?annotations[?'${ANNOTATIONS.originalImages}'].orValue('').contains('":"' + c.image + '"')))`;
}
