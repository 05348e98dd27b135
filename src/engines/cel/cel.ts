import { ANNOTATIONS, LABELS } from '../../api/group.js';
import { celString, celStrings } from '../syntax/escape.js';
import { globPattern } from '../syntax/glob-pattern.js';
import {
  DOCKER_HUB,
  IMAGE_ID_PATTERN,
  LEGACY_DOCKER_HUB,
  MAX_PATH_BYTES,
  REMAINDER_PATTERN,
} from '../syntax/grammar.js';
import { hasChanged, hasField, isNew, mayBeMirrored } from '../conditions/match-conditions.js';
import { KEY_PATTERN, NOTED_PATTERN, NOTES } from '../syntax/notes.js';
import { onlyPrefix, type HostRule } from '../placement/precedence.js';
import type { Variable } from './variable.js';

/**
 * The rewrite as CEL variables, one after the other; {@link patchExpression} makes a JSON patch of the last ones. Most are lists
 * of maps, one per image, with p: the image's JSON pointer; k: its key in the annotation; i: the image as it stood; h, r: its
 * host and what follows; g: its path; u: what the Pod has now, empty for what is new; t: the prefix to put in front.
 */
export function rewriteVariables(rules: readonly HostRule[]): readonly Variable[] {
  const hosts = rules.flatMap((rule) => rule.hosts);
  const known = celStrings(hosts);
  const byPath = rules.some((rule) => onlyPrefix(rule) === undefined);
  const kept = '"p": m.p, "k": m.k, "i": m.i, "u": m.u';
  return [
    { name: 'images', expression: requestImages(hosts) },
    {
      name: 'split',
      expression: `variables.images.map(m, {${kept}, "h": ${FIRST_PART}, "r": ${REST}})`,
    },
    {
      name: 'named',
      expression: `variables.split.map(m, {${kept}, "h": ${HOST}, "r": ${REST_BEHIND_HOST}}).filter(m, m.h in ${known})`,
    },
    {
      name: 'valid',
      expression: `variables.named.map(m, {${kept}, "h": m.h, "r": ${WITH_LIBRARY}}).filter(m, ${IS_REFERENCE})`,
    },
    { name: 'prefixes', expression: prefixMap(rules) },
    // The path with a slash behind it, so that a path begins as all below it do.
    ...(byPath
      ? [{ name: 'paths', expression: `variables.valid.map(m, {${kept}, "h": m.h, "r": m.r, "g": ${PATH} + "/"})` }]
      : []),
    {
      name: 'rewrites',
      expression: `variables.${byPath ? 'paths' : 'valid'}.map(m, {${kept}, "r": m.r, "t": ${prefix(rules)}}).filter(m, ${byPath ? `m.t != ${LEAVE_ALONE} && ` : ''}(m.u == "" || m.u == m.t + "/" + m.r))`,
    },
    { name: 'noted', expression: NOTED },
  ];
}

/** The JSON patch of the rewrite. A Pod has its notes when it is updated, and its subresource takes none. */
export function patchExpression(): string {
  const replacements = 'variables.rewrites.map(m, JSONPatch{op: "replace", path: m.p, value: m.t + "/" + m.r})';
  const notes = [
    note('annotations', ANNOTATIONS.originalImages, NOTES.originalImages, 'variables.noted'),
    note('labels', LABELS.mirrored, NOTES.mirrored, '"true"'),
  ];
  return `${replacements} + (${IS_UPDATE} || size(variables.rewrites) == 0 ? [] : [${notes.join(', ')}])`;
}

const IS_UPDATE = 'request.operation == "UPDATE"';

const FIRST_PART = 'm.i.contains("/") ? m.i.substring(0, m.i.indexOf("/")) : ""';
const REST = 'm.i.substring(m.i.indexOf("/") + 1)';

/** The first part is a host only if it looks like one; all else is Docker Hub's. */
const LOOKS_LIKE_HOST = '(m.h == "localhost" || m.h.matches("[.:A-Z]"))';
const HOST = `${LOOKS_LIKE_HOST} && m.h != ${celString(LEGACY_DOCKER_HUB)} ? m.h : ${celString(DOCKER_HUB)}`;
const REST_BEHIND_HOST = `${LOOKS_LIKE_HOST} ? m.r : m.i`;
const WITH_LIBRARY = `m.h == ${celString(DOCKER_HUB)} && !m.r.contains("/") ? "library/" + m.r : m.r`;

const PATH = 'm.r.split("@")[0].split(":")[0]';
const IS_REFERENCE =
  `m.r.matches(${celString(REMAINDER_PATTERN)}) && !m.i.matches(${celString(IMAGE_ID_PATTERN)}) && ` +
  `(size(m.r) <= ${MAX_PATH_BYTES} || size(${PATH}) <= ${MAX_PATH_BYTES})`;

/**
 * Where the images stand. Entries without name or image are left out: the Pod is validated only later. Of an update only new
 * ephemeral containers count (by name, as the API server tells them apart), and images that change: whoever applies a Pod again
 * writes the original image names, and where the rewrite makes of them what the Pod has (u), it stays as it is. Of a new Pod, images
 * of other hosts are left out at once: each step behind costs as much as a whole look at this one (`npm run bench -- admission`).
 */
function requestImages(hosts: readonly string[]): string {
  const lists: readonly [string, string][] = [
    ['containers', 'image'],
    ['initContainers', 'image'],
    ['volumes', 'image.reference'],
  ];
  const created = lists.map(([list, field]) => images(list, field, mayBeMirrored(hosts, `e.${field}`), '""'));
  const changed = lists.map(([list, field]) =>
    images(
      list,
      field,
      hasChanged(list, field),
      `string(oldObject.spec.${list}.filter(o, o.name == e.name)[0].${field})`,
    ),
  );
  const added = images('ephemeralContainers', 'image', isNew('ephemeralContainers'), '""');
  return `${IS_UPDATE} ? ${[added, ...changed].join(' + ')} : ${created.join(' + ')}`;
}

function images(list: string, field: string, condition: string, before: string): string {
  const source = `object.spec.${list}`;
  const pointer = `"/spec/${list}/" + string(n) + "/${field.replace('.', '/')}"`;
  const key = list === 'volumes' ? '"volumes/" + e.name' : 'string(e.name)';
  const entry = `{"p": ${pointer}, "k": ${key}, "i": string(e.${field}), "u": ${before}}`;
  return `(has(${source}) ? ${source}.transformList(n, e, has(e.name) && ${hasField(field)} && ${condition}, ${entry}) : [])`;
}

function prefixMap(rules: readonly HostRule[]): string {
  const entries = rules.flatMap((rule) => {
    const only = onlyPrefix(rule);
    return only === undefined ? [] : rule.hosts.map((host) => `${celString(host)}: ${celString(only)}`);
  });
  return `{${entries.join(', ')}}`;
}

/**
 * The prefix of an image. The host decides alone through one map; where the path decides, there is one list of all choices: the first that
 * isn't empty. A list, since the API server refuses expressions that are nested deeply.
 */
function prefix(rules: readonly HostRule[]): string {
  const choices = rules.filter((rule) => onlyPrefix(rule) === undefined).flatMap(choicesOf);
  // The type of an empty map's values isn't known, and Kyverno refuses an expression that could be anything.
  if (rules.length === 0) return LEAVE_ALONE;
  if (choices.length === 0) return 'variables.prefixes[m.h]';
  const byHost = `m.h in variables.prefixes ? variables.prefixes[m.h] : ${LEAVE_ALONE}`;
  // As for an empty map, and a list is of one type.
  const otherwise = rules.some((rule) => onlyPrefix(rule) !== undefined) ? byHost : LEAVE_ALONE;
  return `[${[...choices, otherwise].join(', ')}].filter(t, t != "")[0]`;
}

/** The choices for the paths of some hosts: each is empty where it doesn't cover the path. */
export function choicesOf({ hosts, outcomes }: HostRule): readonly string[] {
  const isHost = hosts.length === 1 ? `m.h == ${celString(hosts[0] ?? '')}` : `m.h in ${celStrings(hosts)}`;
  return outcomes.map(({ pullPrefix, include, exclude }) => {
    const conditions = [
      isHost,
      ...(include.length === 0 ? [] : [covers(include)]),
      ...(exclude.length === 0 ? [] : [`!(${covers(exclude)})`]),
    ];
    return `${conditions.join(' && ')} ? ${pullPrefix === undefined ? LEAVE_ALONE : celString(pullPrefix)} : ""`;
  });
}

/** What no pull prefix is. */
const LEAVE_ALONE = '"-"';

/** Whether any of these globs covers the path. Most are a path, or one with all below it: these need no regular expression. */
function covers(globs: readonly string[]): string {
  const paths = globs.filter(isPath).map((glob) => `${glob}/`);
  const trees = globs.filter(isTree).map((glob) => glob.slice(0, -2));
  const pattern = globPattern(globs.filter((glob) => !isPath(glob) && !isTree(glob)));
  const conditions = [
    ...(paths.length === 0 ? [] : [`m.g in ${celStrings(paths)}`]),
    ...(trees.length === 0 ? [] : [`${celStrings(trees)}.exists(s, m.g.startsWith(s))`]),
    ...(pattern === undefined ? [] : [`${PATH}.matches(${celString(pattern)})`]),
  ];
  return conditions.length === 1 ? (conditions[0] ?? '') : `(${conditions.join(' || ')})`;
}

function isPath(glob: string): boolean {
  return !/[*?]/.test(glob);
}

/** A path with all below it: `a/**`, which covers `a`, too. */
function isTree(glob: string): boolean {
  return glob.endsWith('/**') && isPath(glob.slice(0, -3));
}

const ORIGINAL_IMAGES = `object.metadata.annotations[${celString(ANNOTATIONS.originalImages)}]`;
const QUOTE = celString('"');
const COLON = celString('":');

/** The annotation's text. An invalid name would need escaping; its Pod is refused anyway. */
const NOTED =
  `${celString('{')} + ((${has('annotations', ANNOTATIONS.originalImages)} && ${ORIGINAL_IMAGES}.matches(${celString(NOTED_PATTERN)})` +
  ` ? ${ORIGINAL_IMAGES}.substring(1, size(${ORIGINAL_IMAGES}) - 1).split(",") : [])` +
  `.filter(o, !variables.rewrites.exists(m, o.startsWith(${QUOTE} + m.k + ${COLON})))` +
  ` + variables.rewrites.filter(m, m.k.matches(${celString(`^${KEY_PATTERN}$`)}))` +
  `.map(m, ${QUOTE} + m.k + ${COLON} + ${QUOTE} + m.i + ${QUOTE})).join(",") + ${celString('}')}`;

function has(map: 'annotations' | 'labels', key: string): string {
  return `has(object.metadata.${map}) && ${celString(key)} in object.metadata.${map}`;
}

/** Adds a label or annotation; a JSON patch can't add to a map that isn't there. */
function note(map: 'annotations' | 'labels', key: string, pointer: string, value: string): string {
  return (
    `has(object.metadata.${map}) ? JSONPatch{op: "add", path: ${celString(pointer)}, value: ${value}}` +
    ` : JSONPatch{op: "add", path: "/metadata/${map}", value: {${celString(key)}: ${value}}}`
  );
}
