import { DOCKER_HUB, LEGACY_DOCKER_HUB, MAX_PATH_BYTES } from '../../image/reference.js';
import { compare } from '../../image/rules.js';
import { pullHostIn } from '../entry.js';
import { HAS_HOST_PATTERN } from '../syntax/host-pattern.js';
import { onlyPrefix, type HostRule } from '../placement/precedence.js';
import { choicesOf, LEAVE_ALONE } from './choices.js';
import { celList, celMap, celPattern } from './literals.js';
import { FULL_NAME_PATTERN, HUB_BARE_PATTERN, NO_IMAGE_PATTERN, REPOSITORY_PATTERN } from './patterns.js';
import type { Step } from './step.js';

/**
 * The variables from the Pod to what its images become. From `entries` on, each is a list with one element for each entry, in the same order: lists of
 * texts cost a third of lists of maps that carry all they know from step to step.
 */
export function imageSteps(rules: readonly HostRule[]): readonly Step[] {
  const wholeHosts = rules.filter((rule) => onlyPrefix(rule) !== undefined);
  return [
    ...(wholeHosts.length === 0 ? [] : [pullPrefixes(wholeHosts)]),
    ENTRIES,
    NAMES,
    REPOSITORIES,
    targets(rules),
    ...(rules.length === 0 ? [] : [ownPrefixes(rules)]),
    newNames(rules),
  ];
}

function pullPrefixes(rules: readonly HostRule[]): Step {
  const entries = rules.flatMap((rule) => rule.hosts.map((host) => [host, onlyPrefix(rule) ?? ''] as const));
  return {
    name: 'pullPrefixes',
    expression: `// All images of these registries are pulled from here instead.\n${celMap(entries)}`,
    why:
      'The mirrors: each registry, and the proxy-cache project of Harbor that its images are pulled from. A registry of which mirrors take ' +
      'only some repositories is not here but in the step targets.',
  };
}

const listed = (list: string): string => `\
object.spec.?${list}.orValue([]).transformList(n, c, c.?imagePullPolicy.orValue("") != "Never",
      {"path": "/spec/${list}/" + string(n) + "/image",
       "name": string(c.?name.orValue("")), "image": string(c.?image.orValue(""))})`;

const ENTRIES: Step = {
  name: 'entries',
  expression: `\
// Where an image stands, who has it, and its name. Who never pulls (imagePullPolicy: Never) has it on the node under this name.
has(request.subResource)
  ? object.spec.?ephemeralContainers.orValue([]).transformList(n, c, c.?imagePullPolicy.orValue("") != "Never" &&
      !oldObject.spec.?ephemeralContainers.orValue([]).exists(o, o.name == c.?name.orValue("")),
      {"path": "/spec/ephemeralContainers/" + string(n) + "/image",
       "name": string(c.?name.orValue("")), "image": string(c.?image.orValue(""))})
  : ${listed('containers')}
  + ${listed('initContainers')}
  + object.spec.?volumes.orValue([]).transformList(n, v, has(v.image) && v.image.?pullPolicy.orValue("") != "Never",
      {"path": "/spec/volumes/" + string(n) + "/image/reference", "name": "volumes/" + v.?name.orValue(""),
       "image": string(v.image.?reference.orValue(""))})`,
  why:
    'Everything in the Pod that names an image: containers, init containers and image volumes; of a request through the subresource only the ' +
    'ephemeral containers that are new, since the others can not be changed any more. What has the pull policy Never is left out: its image must be on the ' +
    'node already, under the name that it has. Names and images may be missing, since the API server validates a Pod only after this.',
};

const NAMES: Step = {
  name: 'names',
  expression: `\
// Their names in full, as container runtimes read them: nginx is ${DOCKER_HUB}/library/nginx. Empty: no image to pull.
variables.entries.map(e,
  e.image.matches(${celPattern(NO_IMAGE_PATTERN)}) ? "" :
  !e.image.contains("/") ? "${DOCKER_HUB}/library/" + e.image :
  !e.image.matches(${celPattern(HAS_HOST_PATTERN)}) ? "${DOCKER_HUB}/" + e.image :
  e.image.matches(${celPattern(HUB_BARE_PATTERN)}) ? "${DOCKER_HUB}/library/" + e.image.split("/")[1] :
  e.image.startsWith("${LEGACY_DOCKER_HUB}/") ? e.image.replace("${LEGACY_DOCKER_HUB}", "${DOCKER_HUB}", 1) :
  e.image
)`,
  why:
    "A name without a slash is one of Docker Hub's library, and a first part is a registry only if it is localhost or has a dot, a colon or a capital " +
    'letter. An image\'s id (64 hexadecimal digits, with or without sha256: in front) is no name, and a bare "auto" is the placeholder ' +
    "that Istio's injector replaces: both stay as they are.",
};

const REPOSITORIES: Step = {
  name: 'repositories',
  expression: `\
// Registry and path, with a slash behind them. Empty: no valid name.
variables.names.map(name, !name.matches(
  ${celPattern(FULL_NAME_PATTERN)}
) ? "" : name.find(${celPattern(REPOSITORY_PATTERN)}) + "/")`,
  why:
    'What is no valid image name after the grammar that container runtimes have stays as it is, and the API server or the runtime says what is wrong with ' +
    'it. Tag and digest decide nothing; the slash is there so that a path begins as everything below it does.',
};

function targets(rules: readonly HostRule[]): Step {
  // Kyverno doesn't know the type of a map's values, and all items of a list must be of one.
  const byHost = `string(variables.pullPrefixes[?r.split("/")[0]].orValue(${LEAVE_ALONE}))`;
  const otherwise = rules.some((rule) => onlyPrefix(rule) !== undefined) ? byHost : LEAVE_ALONE;
  const byPath = rules.filter((rule) => onlyPrefix(rule) === undefined).flatMap(choicesOf);
  const items = [...byPath, otherwise].map((item) => `  ${item}`).join(',\n');
  return {
    name: 'targets',
    // A list and its first text, since the API server refuses what is nested deeply, as a chain of a hundred choices would be.
    expression:
      byPath.length === 0
        ? `// Where they are pulled from instead. ${LEAVE_ALONE}: it stays.\nvariables.repositories.map(r, ${otherwise})`
        : `// Where they are pulled from instead: the first that covers the image decides. ${LEAVE_ALONE}: it stays.
variables.repositories.map(r, [
${items}
].filter(prefix, prefix != "")[0])`,
    why:
      'The pull prefix for each image. Where mirrors take only some repositories of a registry, the list has one item for each of them, in the order ' +
      'of their precedence, and the first that is not empty decides: "-" means that the image stays, or that another policy decides.',
  };
}

/** In the form in which they stand in a path that somebody else has put one in front of. */
function ownPrefixes(rules: readonly HostRule[]): Step {
  const hasMap = rules.some((rule) => onlyPrefix(rule) !== undefined);
  const byPath = rules.filter((rule) => onlyPrefix(rule) === undefined).flatMap(({ outcomes }) => outcomes);
  const prefixes = [...new Set(byPath.flatMap(({ pullPrefix }) => pullPrefix ?? []))].sort(compare);
  const lists = [
    ...(hasMap ? ['variables.pullPrefixes.map(registry, "/" + variables.pullPrefixes[registry] + "/")'] : []),
    ...(prefixes.length === 0 ? [] : [celList(prefixes.map((prefix) => `/${prefix}/`))]),
  ];
  return {
    name: 'ownPrefixes',
    expression: `// All that images are pulled from instead, as it would stand within a name.\n${lists.join('\n+ ') || '[]'}`,
    why:
      "Somebody else's policy may have put a pull prefix in front of a name and kept, or added, a registry. Such an image is known by its path, " +
      'which begins with a pull prefix already. The list is made only for a Pod with a path that begins with a pull host.',
  };
}

/** Where the prefixes begin, in the same form. */
function pullHosts(rules: readonly HostRule[]): readonly string[] {
  const prefixes = rules.flatMap(({ outcomes }) => outcomes.flatMap(({ pullPrefix }) => pullPrefix ?? []));
  return [...new Set(prefixes.map((prefix) => `/${pullHostIn(prefix)}/`))].sort(compare);
}

function newNames(rules: readonly HostRule[]): Step {
  // The list of all prefixes is made only for a name that may have one: made for each Pod, it would cost more than all else with a thousand mirrors.
  const hasPrefix = `variables.names[n].find("/[^/]+/") in ${celList(pullHosts(rules), '  ')} &&
    variables.names[n].find("/[^/]+/[^/]+/") in variables.ownPrefixes ? "" :`;
  return {
    name: 'newNames',
    expression: `\
// The new names, with tag and digest as they were. Empty: it stays, since no mirror covers it,
variables.targets.transformList(n, prefix, prefix == ${LEAVE_ALONE} ? "" :${
      rules.length === 0 ? '' : `\n  // its path begins with a pull prefix already,\n  ${hasPrefix}`
    }
  // or its path would be over ${MAX_PATH_BYTES} bytes, which no registry takes.
  size(prefix.substring(prefix.indexOf("/") + 1)) + size(variables.repositories[n].find("/.*/")) > ${MAX_PATH_BYTES + 1} ? "" :
  prefix + variables.names[n].substring(variables.names[n].indexOf("/"))
)`,
    why:
      `The pull prefix takes the registry's place; path, tag and digest stay exactly as they stood. A path (Harbor's project and the image's own) of more ` +
      `than ${MAX_PATH_BYTES} bytes would be refused by every registry, so such an image is pulled as it is written.`,
  };
}
