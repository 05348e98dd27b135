import { DOCKER_HUB, LEGACY_DOCKER_HUB, MAX_PATH_BYTES } from '../../image/reference.js';
import { compare } from '../../image/rules.js';
import { pullHostIn } from '../entry.js';
import type { HostRule, Outcome } from '../placement/precedence.js';
import { onlyPrefix } from '../placement/precedence.js';
import { isPlain, jmesPathLiteral, jmesPathPattern, jmesPathText } from '../syntax/escape.js';
import { globPattern } from '../syntax/glob-pattern.js';
import { inLines } from '../syntax/lines.js';
import {
  BARE_NAME_PATTERN,
  DIGEST_PATTERN,
  HOST_PATTERN,
  IMAGE_ID_PATTERN,
  MAX_TAG_LENGTH,
  PATH_PATTERN,
  TAG_PATTERN,
} from './patterns.js';
import { jmesPathStep, type Step } from './step.js';

/** Ends the search for a prefix as a prefix does, and means "leave alone". No pull prefix is so short. */
const LEAVE_ALONE = '-';

/**
 * From the images that were found to `rewrites`: those of mirrored hosts, with the new name. The map of mirrors is put into expressions by `{{ }}`, since
 * within a list JMESPath sees the list's items only; so it has plain texts alone, and others are literals of their own.
 *
 * Kyverno looks through the text of an expression some five times before it evaluates it, which takes longer than the evaluation. So what is put into one is put into
 * a short one.
 *
 * @param found - the variable that has the images
 */
export function mirrorSteps(rules: readonly HostRule[], found: string): readonly Step[] {
  const byHost = rules.flatMap((rule) => {
    const prefix = onlyPrefix(rule);
    return prefix === undefined ? [] : rule.hosts.flatMap(spellings).map((host) => [host, prefix] as const);
  });
  const plain = byHost.filter((pair) => pair.every(isPlain));
  const others = byHost.filter((pair) => !pair.every(isPlain));
  const byPath = rules.filter((rule) => onlyPrefix(rule) === undefined);
  const prefixesByPath = byPath.flatMap(({ outcomes }) => outcomes.flatMap(({ pullPrefix }) => pullPrefix ?? []));
  const notInMap = [...new Set([...others.map(([, prefix]) => prefix), ...prefixesByPath])].sort();
  const escaped = notInMap.filter((text) => !isPlain(text));
  const listed = notInMap.filter(isPlain);
  const prefixes = listed.length === 0 ? 'values(mirrors)' : `[values(mirrors), [${textLines(listed)}]][]`;
  const pullHosts = [...new Set([...plain.map(([, prefix]) => prefix), ...listed].map(pullHostIn))].sort();
  const hasPrefix = `prefix${byPath.length === 0 ? '' : ` && prefix != '${LEAVE_ALONE}'`}`;
  const choices = [
    'lookup(`{{ mirrors }}`, host)',
    ...(others.length === 0 ? [] : [`lookup(${jmesPathLiteral(Object.fromEntries(others))}, host)`]),
    ...byPath.map(prefixByPath),
  ];
  return [
    {
      name: 'mirrors',
      variable: { value: Object.fromEntries(plain.toSorted(([a], [b]) => compare(a, b))) },
      why:
        'The mirrors: each registry, and the proxy-cache project of Harbor that its images are pulled from. A registry of which mirrors take only ' +
        'some repositories is not here but in the step covered.',
    },
    jmesPathStep(
      'named',
      `${found}[?image && image != 'auto'].merge(@, {
  full: regex_replace_all('${BARE_NAME_PATTERN}', image, '${DOCKER_HUB}/library/\${1}') })
| [].merge(@, {
  host: regex_replace_all('${HOST_PATTERN}', full, '\${1}') || '${DOCKER_HUB}',
  rest: regex_replace_all('${HOST_PATTERN}', full, '\${2}') })
| [].merge(@, {
  repository: regex_replace_all('[:@].*$', rest, ''),
  tag: regex_replace_all('^[^:@]*|@.*$', rest, ''),
  digest: regex_replace_all('^[^@]*', rest, '') })`,
      'Each name taken apart as container runtimes do it: nginx is docker.io/library/nginx, and a first part is a registry only if it is localhost or has ' +
        "a dot, a colon or a capital letter. A bare auto is Istio's placeholder, which its own webhook replaces, and is left out.",
    ),
    jmesPathStep(
      'prefixes',
      pullHosts.length === 0 ? '`[]`' : `named[?${beginsWith(pullHosts)}] &&\n  ${prefixes} || \`[]\``,
      'All that images are pulled from instead; nothing where no path of the Pod begins with a pull host, since a long list costs every Pod time.',
    ),
    jmesPathStep(
      'covered',
      `named[].merge(@, { prefix:\n${choices.map((choice) => `  ${choice}`).join(' ||\n')} })
| [?${[hasPrefix, ...hasNoPrefixYet(escaped)].join(' &&\n  ')}]`,
      'Where each is pulled from instead, by its registry, and where mirrors take only some repositories, by its path: the first that covers it decides. ' +
        (byPath.length === 0 ? '' : `A "${LEAVE_ALONE}" means that it stays, or that another policy decides. `) +
        "Only those stay in the list that a mirror covers and that have no pull prefix in their path already, which somebody else's policy may have put there.",
    ),
    jmesPathStep(
      'rewrites',
      `covered[?${IS_POSSIBLE.join(' &&\n  ')}].{
  path: path, key: key, image: image, prefix: prefix, new: join('/', [prefix, rest]) }`,
      "Those that change, with their new names: the pull prefix takes the registry's place, tag and digest stay. As they are stay image ids (runtimes never " +
        `pull them), paths of over ${MAX_PATH_BYTES} bytes (no registry takes them), and what is no valid name.`,
    ),
  ];
}

function beginsWith(pullHosts: readonly string[]): string {
  return pullHosts.map((host) => `starts_with(repository, ${jmesPathText(`${host}/`)})`).join(' ||\n  ');
}

/** What somebody else's policy has sent to a project of ours already. */
function hasNoPrefixYet(escapedPrefixes: readonly string[]): readonly string[] {
  const beginning = `regex_replace_all('^(?:([^/]*/[^/]*)/)?.*$', repository, '\${1}')`;
  return [
    `!contains(\`{{ prefixes }}\`, ${beginning})`,
    ...(escapedPrefixes.length === 0 ? [] : [`!contains(${jmesPathLiteral(escapedPrefixes)}, ${beginning})`]),
  ];
}

/** What else a new name takes. What few images have, such as a digest, is looked at only where it is there. */
const IS_POSSIBLE = [
  // Runtimes take it for an image's id.
  `!regex_match('${IMAGE_ID_PATTERN}', image)`,
  `length(regex_replace_all('^[^/]*/', join('/', [prefix, repository]), '')) <= \`${MAX_PATH_BYTES}\``,
  `regex_match('${PATH_PATTERN}', repository)`,
  `regex_match('${TAG_PATTERN}', tag) && length(tag) <= \`${MAX_TAG_LENGTH}\``,
  `(!digest || regex_match('${DIGEST_PATTERN}', digest))`,
];

function prefixByPath({ hosts, outcomes }: HostRule): string {
  return `contains([${textLines(hosts.flatMap(spellings))}], host) && (\n${outcomes.map((outcome) => `    ${prefixIfCovered(outcome)}`).join(' ||\n')})`;
}

function prefixIfCovered({ pullPrefix, include, exclude }: Outcome): string {
  return [
    ...(include.length === 0 ? [] : [`(${covers(include)})`]),
    ...(exclude.length === 0 ? [] : [`!(${covers(exclude)})`]),
    pullPrefix === undefined ? `'${LEAVE_ALONE}'` : jmesPathText(pullPrefix),
  ].join(' &&\n    ');
}

/** A line for each glob, or for some short ones. */
function covers(globs: readonly string[]): string {
  return inLines(globs, (some) => (globPattern(some) ?? '').length <= LINE)
    .map((some) => `regex_match(${jmesPathPattern(globPattern(some) ?? '')}, repository)`)
    .join(' ||\n      ');
}

/** How long the texts in a line may be together, in characters: with what stands around them, a line of the policy then stays below 160. */
const LINE = 100;

/** The items of a list: on one line, or on one each where they are many. */
function textLines(texts: readonly string[]): string {
  const items = texts.map(jmesPathText);
  const line = items.join(', ');
  return line.length <= LINE ? line : `\n    ${items.join(',\n    ')}`;
}

/** Docker Hub's old name is a host of its own in image names. */
function spellings(host: string): readonly string[] {
  return host === DOCKER_HUB ? [DOCKER_HUB, LEGACY_DOCKER_HUB] : [host];
}
