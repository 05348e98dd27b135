import { ANNOTATIONS } from '../../api/group.js';
import { jmesPathLiteral, jmesPathString } from '../syntax/escape.js';
import { globPattern } from '../syntax/glob-pattern.js';
import {
  BARE_NAME_PATTERN,
  DOCKER_HUB,
  HOST_PATTERN,
  IMAGE_ID_PATTERN,
  LEGACY_DOCKER_HUB,
  MAX_PATH_BYTES,
  REMAINDER_PATTERN,
} from '../syntax/grammar.js';
import { NOTED_PATTERN, NOTES } from '../syntax/notes.js';
import { onlyPrefix, type HostRule, type Outcome } from '../placement/precedence.js';
import type { PullSecretRef } from '../pull-secret.js';
import { pullSecretStages } from './pull-secrets.js';

/** Ends the search for a prefix as a prefix does, and means "leave alone". No pull prefix is so short. */
const LEAVE_ALONE = '-';

const PATH = "regex_replace_all('[:@].*$', r, '')";

/**
 * One JMESPath expression that turns an admission request into the JSON patch of the rewrite, as text.
 *
 * One expression, since Kyverno compiles each one anew for every request, and each element of a foreach costs it copies of the
 * whole Pod; a JSON patch by index, since a strategic merge reorders the list, and with it the order in which init containers
 * run. Names within: q, i, s: the patch's path; k: the image's key in the annotation; o: the image as it stood; n: with
 * library/ where that is implied; h, r: its host and what follows; g: its path; t: the prefix to put in front.
 */
export function patchExpression(rules: readonly HostRule[], secrets: readonly PullSecretRef[] = []): string {
  const pull = pullSecretStages(secrets);
  return [
    `{${pull.read}e: ${IS_UPDATE}, u: ${IS_UPDATE} && !(${IS_SUBRESOURCE}), c: ${imagesBefore()}, a: request.object.metadata.annotations.${jmesPathString(ANNOTATIONS.originalImages)}, l: ${images()} }`,
    `{${pull.carry}e: e, u: u, c: c, a: a, l: l`,
    `[].{q: q, i: i, s: s, k: k, o: o, n: ${replaced(BARE_NAME_PATTERN, 'o', `${DOCKER_HUB}/library/\${1}`)} }`,
    `[].{q: q, i: i, s: s, k: k, o: o, h: ${replaced(HOST_PATTERN, 'n', '${1}')}, r: ${replaced(HOST_PATTERN, 'n', '${2}')} }`,
    ...prefixStages(rules),
    `[?t && t != '${LEAVE_ALONE}' && ${IS_REFERENCE}]`,
    `[].{${pull.perImage}q: q, i: i, s: s, k: k, o: o, w: join('/', [t, r]) } }`,
    // Only what the Pod has already: all of the list but what is left of it without the images from before.
    `{${pull.carry}e: e, u: u, a: a, l: l, m: ${BY_IMAGE}, x: values(merge(${BY_IMAGE}, c))[?type(@) == 'object'].join('=', [k, w]) }`,
    `{${pull.carry}e: e, a: a, l: !u && l || values(merge(m, object_from_lists(x, x)))[?type(@) == 'object'] }`,
    ...pull.stages,
    `(length(l) > \`0\` && [${PATCHES}, !e && ${NOTES_PATCH} || \`[]\`${pull.patch}][] || \`[]\`)`,
    'to_string(@)',
  ].join(' | ');
}

const IS_UPDATE = "request.operation == 'UPDATE'";
const IS_SUBRESOURCE = "request.subResource == 'ephemeralcontainers'";

const IS_REFERENCE =
  `regex_match('${REMAINDER_PATTERN}', r) && !regex_match('${IMAGE_ID_PATTERN}', o) && ` +
  `(length(r) <= \`${MAX_PATH_BYTES}\` || length(${PATH}) <= \`${MAX_PATH_BYTES}\`)`;

const PATCHES = "l[].{op: 'replace', path: join('', [q, to_string(i), s]), value: w }";

const BY_IMAGE = "object_from_lists(l[].join('=', [k, w]), l)";

/** The Pod has its notes when it is updated, and its subresource takes none. */
const NOTES_PATCH =
  `[{op: 'add', path: ${jmesPathLiteral(NOTES.originalImages)}, value: ${originalImages()} }, ` +
  `{op: 'add', path: ${jmesPathLiteral(NOTES.mirrored)}, value: 'true'}]`;

function originalImages(): string {
  const noted = `regex_match('${NOTED_PATTERN}', a || '') && parse_json(a) || \`{}\``;
  return `to_string(merge(${noted}, object_from_lists(l[].k, l[].o)))`;
}

function images(): string {
  const inPod = (list: string): string => `!(${IS_SUBRESOURCE}) && request.object.spec.${list}`;
  const container = (list: string, source: string): string =>
    `items(${source} || \`[]\`, 'i', 'e')[].{q: '/spec/${list}/', i: i, s: '/image', k: e.name, o: e.image || '' }`;
  return `[${[
    container('containers', inPod('containers')),
    container('initContainers', inPod('initContainers')),
    `${newEphemeralContainers()}[].{q: '/spec/ephemeralContainers/', i: i, s: '/image', k: e.name, o: e.image || '' }`,
    `items(${inPod('volumes')} || \`[]\`, 'i', 'e')[?e.image.reference]` +
      `.{q: '/spec/volumes/', i: i, s: '/image/reference', k: join('', ['volumes/', e.name]), o: e.image.reference }`,
  ].join(', ')}][]`;
}

/**
 * What the images of a Pod that is being updated are now, as an object of `key=image`. Whoever applies a Pod again writes the
 * original image names: where the rewrite makes of them what the Pod has, it stays as it is. No other update is rewritten.
 */
function imagesBefore(): string {
  const spec = 'request.oldObject.spec';
  const list = `[${[
    `${spec}.containers[].join('=', [name, image])`,
    `${spec}.initContainers[].join('=', [name, image])`,
    `${spec}.volumes[?image.reference].join('=', [join('', ['volumes/', name]), image.reference])`,
  ].join(', ')}][]`;
  return `object_from_lists(${list}, ${list})`;
}

/** By name, as the API server knows them: entries that the Pod had before can't be changed any more. */
function newEphemeralContainers(): string {
  const list = 'request.object.spec.ephemeralContainers';
  const byName = (names: string, values: string): string =>
    `object_from_lists(${names} || \`[]\`, ${values} || \`[]\`)`;
  const old = 'request.oldObject.spec.ephemeralContainers[].name';
  const merged = `merge(${byName(`${list}[].name`, `items(${list} || \`[]\`, 'i', 'e')[]`)}, ${byName(old, old)})`;
  return `values(${merged})[?type(@) == 'object']`;
}

/** The host decides alone through one map; only hosts whose paths go different ways are looked at one by one. */
function prefixStages(rules: readonly HostRule[]): readonly string[] {
  const byHost = Object.fromEntries(
    rules.flatMap((rule) => {
      const prefix = onlyPrefix(rule);
      return prefix === undefined ? [] : rule.hosts.flatMap(spellings).map((host) => [host, prefix]);
    }),
  );
  const byPath = rules.filter((rule) => onlyPrefix(rule) === undefined);
  const map = `lookup(${jmesPathLiteral(byHost)}, h)`;
  if (byPath.length === 0) return [`[].{q: q, i: i, s: s, k: k, o: o, r: r, t: ${map} }`];
  return [
    `[].{q: q, i: i, s: s, k: k, o: o, r: r, h: h, g: ${PATH} }`,
    `[].{q: q, i: i, s: s, k: k, o: o, r: r, t: ${[map, ...byPath.map(prefixByPath)].join(' || ')} }`,
  ];
}

function prefixByPath({ hosts, outcomes }: HostRule): string {
  return `(contains(${jmesPathLiteral(hosts.flatMap(spellings))}, h) && (${outcomes.map(prefixIfCovered).join(' || ')}))`;
}

function prefixIfCovered({ pullPrefix, include, exclude }: Outcome): string {
  const [included, excluded] = [globPattern(include), globPattern(exclude)];
  return `(${[
    ...(included === undefined ? [] : [`regex_match(${jmesPathLiteral(included)}, g)`]),
    ...(excluded === undefined ? [] : [`!regex_match(${jmesPathLiteral(excluded)}, g)`]),
    jmesPathLiteral(pullPrefix ?? LEAVE_ALONE),
  ].join(' && ')})`;
}

/** How HOST_PATTERN may find a host: Docker Hub's has three forms, one of them empty. */
function spellings(host: string): readonly string[] {
  return host === DOCKER_HUB ? ['', DOCKER_HUB, LEGACY_DOCKER_HUB] : [host];
}

function replaced(pattern: string, source: string, replacement: string): string {
  return `regex_replace_all('${pattern}', ${source}, '${replacement}')`;
}
