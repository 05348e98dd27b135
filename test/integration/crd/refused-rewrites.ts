import { quay, registry } from './mirror.js';
import type { LooseSpec } from './mirror.js';
import type { RefusedCase } from './refused-cases.js';

const labelKey = ["a label's key: [prefix/]name"];
const labelValue = ["a label's value: empty, or at most 63 letters"];

function withRewrite(refuses: string, rewrite: object, ...says: readonly string[]): RefusedCase {
  return { refuses, spec: { upstream: registry, rewrite }, says };
}

function withGlob(refuses: string, glob: string): RefusedCase {
  return withRewrite(
    refuses,
    { repositories: { include: [glob] } },
    'spec.rewrite.repositories.include[0]',
    'is no repository glob: write a path without host, tag and leading slash',
    'as in library/**',
  );
}

const ownHost = ['begins with the registry', 'Leave the host out, as in library/** for docker.io/library/**'];

function withOwnHost(refuses: string, upstream: object, repositories: LooseSpec): RefusedCase {
  const [field = ''] = Object.keys(repositories);
  const at = `spec.rewrite.repositories.${field}`;
  return { refuses, spec: { upstream, rewrite: { repositories } }, says: [at, ...ownHost] };
}

function withIgnored(refuses: string, glob: string): RefusedCase {
  return withRewrite(
    refuses,
    { ignorePullSecrets: [glob] },
    'spec.rewrite.ignorePullSecrets[0]',
    'is no name of a Secret: write lower-case letters, digits, dashes and dots',
    'set podsWithPullSecrets to Rewrite',
  );
}

/** Both selectors have the same rules, each its own copy. */
function refusedSelectors(selector: string): readonly RefusedCase[] {
  const at = `spec.rewrite.${selector}`;
  const withLabels = (refuses: string, matchLabels: object, ...says: readonly string[]): RefusedCase =>
    withRewrite(`a ${selector} with ${refuses}`, { [selector]: { matchLabels } }, ...says);
  const withRequirement = (refuses: string, requirement: object, ...says: readonly string[]): RefusedCase =>
    withRewrite(`a ${selector} with ${refuses}`, { [selector]: { matchExpressions: [requirement] } }, ...says);
  return [
    withLabels('a label key with a space', { 'a b': 'c' }, `${at}.matchLabels`, ...labelKey),
    withLabels('a label value with a slash', { team: 'a/b' }, `${at}.matchLabels`, ...labelValue),
    withLabels('a label value of 64 characters', { team: 'a'.repeat(64) }, `${at}.matchLabels.team`, 'more than 63'),
    withRequirement(
      'a key that is no label key',
      { key: 'UPPER.prefix/', operator: 'Exists' },
      `${at}.matchExpressions[0].key`,
      ...labelKey,
    ),
    withRequirement(
      'a value that is no label value',
      { key: 'a', operator: 'In', values: ["x'"] },
      `${at}.matchExpressions[0].values[0]`,
      ...labelValue,
    ),
    withRequirement(
      'an unknown operator',
      { key: 'a', operator: 'Equals', values: ['b'] },
      `${at}.matchExpressions[0].operator`,
      '"In", "NotIn", "Exists", "DoesNotExist"',
    ),
    withRequirement(
      'In without values',
      { key: 'a', operator: 'In' },
      `${at}.matchExpressions[0].values`,
      'The operators In and NotIn need values.',
    ),
    withRequirement(
      'Exists with values',
      { key: 'a', operator: 'Exists', values: ['b'] },
      `${at}.matchExpressions[0].values`,
      'take no values: leave them out',
    ),
  ];
}

export const refusedRewrites: readonly RefusedCase[] = [
  withRewrite('an unknown engine', { engine: 'Kyverno' }, 'spec.rewrite.engine', '"ClusterPolicy", "MutatingPolicy"'),
  withRewrite('an unknown failure policy', { failurePolicy: 'fail' }, 'spec.rewrite.failurePolicy', '"Fail", "Ignore"'),
  withRewrite('a pull secret by name', { pullSecret: 'my-secret' }, 'spec.rewrite.pullSecret', '"None", "Inject"'),
  withRewrite(
    'an unknown answer to pull secrets',
    { podsWithPullSecrets: 'Keep' },
    'spec.rewrite.podsWithPullSecrets',
    '"Skip", "Rewrite"',
  ),
  withRewrite(
    'pull secrets to ignore, where no pull secret counts',
    { podsWithPullSecrets: 'Rewrite', ignorePullSecrets: ['*-dockercfg-*'] },
    'spec.rewrite.ignorePullSecrets',
    'leave ignorePullSecrets out, or set podsWithPullSecrets to Skip',
  ),
  withIgnored('a pull secret in capitals', 'Team-Registry'),
  withIgnored('all pull secrets, by a lone wildcard', '**'),
  withIgnored('a pull secret with a quote, which could end a string in a policy', "x'y"),
  withIgnored('an empty name of a pull secret', ''),
  withRewrite(
    '17 pull secrets to ignore',
    { ignorePullSecrets: Array.from({ length: 17 }, (_, i) => `a${i}`) },
    'spec.rewrite.ignorePullSecrets',
    'must have at most 16 items',
  ),
  withRewrite(
    'an unknown answer to sidecars',
    { injected: 'Never' },
    'spec.rewrite.injected',
    '"BestEffort", "Always"',
  ),
  withRewrite(
    'an unknown answer to an outage',
    { onHarborUnavailable: 'Fail' },
    'spec.rewrite.onHarborUnavailable',
    '"Withdraw", "Keep"',
  ),
  withRewrite(
    'an unknown answer to an outage of the upstream',
    { onUpstreamUnavailable: 'Fail' },
    'spec.rewrite.onUpstreamUnavailable',
    '"Keep", "Withdraw"',
  ),
  withRewrite('an unknown fallback', { fallback: 'Harbor' }, 'spec.rewrite.fallback', '"None", "Upstream"'),

  withGlob('an empty glob', ''),
  withGlob('a glob with a slash in front', '/library/**'),
  withGlob('a glob with a slash at its end', 'library/'),
  withGlob('a glob with an empty segment', 'library//nginx'),
  withGlob('a glob with a tag', 'library/nginx:1'),
  withGlob('a glob in capitals', 'Library/**'),
  withGlob('a glob with braces', 'library/{nginx,redis}'),
  withGlob('a glob with ** inside a segment', 'lib**/nginx'),
  withGlob('a glob with a bracket', 'library/[a-z]*'),
  withGlob('a glob with a quote, which could end a string in a policy', "library/'"),
  withGlob('a glob with a regular expression', '.+|(x)'),
  withGlob('a glob with a backslash', 'library\\nginx'),
  withRewrite(
    'a glob with a line break at its end',
    { repositories: { include: ['library/**\n'] } },
    'spec.rewrite.repositories.include[0]',
    'Write a path without host, tag and leading slash',
  ),
  withRewrite(
    'a bad glob in exclude too',
    { repositories: { exclude: ['library/nginx', 'quay.io:443/x'] } },
    'spec.rewrite.repositories.exclude[1]',
    "'quay.io:443/x' is no repository glob",
  ),
  withOwnHost('a glob with the host of the type in front', quay, { include: ['a/**', 'quay.io/foo/**'] }),
  withOwnHost('the host of the type alone', quay, { include: ['quay.io'] }),
  withOwnHost('a glob with Docker Hub in front', { type: 'docker-hub' }, { include: ['docker.io/library/**'] }),
  withOwnHost('it in its older form too', { type: 'docker-hub' }, { exclude: ['index.docker.io/library/*'] }),
  withOwnHost('a glob with the host of the url in front', registry, { exclude: ['registry.example.org/a/*'] }),
  withOwnHost(
    'it where the url has a port and capitals',
    { type: 'docker-registry', url: 'https://Registry.example.org:5000' },
    { include: ['registry.example.org/a'] },
  ),
  withOwnHost(
    'a glob with one of the hosts in front',
    { ...registry, hosts: ['a.example.org', 'b.example.org:5000'] },
    { include: ['b.example.org/**/x'] },
  ),
  withRewrite(
    'an empty include, which could mean all or nothing',
    { repositories: { include: [] } },
    'spec.rewrite.repositories.include',
    'at least 1 items',
  ),
  withRewrite(
    'a glob twice',
    { repositories: { include: ['a/**', 'a/**'] } },
    'spec.rewrite.repositories.include[1]',
    'Duplicate value',
  ),
  withRewrite(
    'a glob longer than any repository',
    { repositories: { include: ['a'.repeat(256)] } },
    'spec.rewrite.repositories.include[0]',
    'may not be more than 255',
  ),
  withRewrite(
    '65 globs',
    { repositories: { exclude: Array.from({ length: 65 }, (_, i) => `a${i}`) } },
    'spec.rewrite.repositories.exclude',
    'must have at most 64 items',
  ),

  ...['podSelector', 'namespaceSelector'].flatMap(refusedSelectors),
];
