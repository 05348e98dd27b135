import { registry } from './mirror.js';
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
    'an unknown answer to an outage',
    { onHarborUnavailable: 'Fail' },
    'spec.rewrite.onHarborUnavailable',
    '"Withdraw", "Keep"',
  ),

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

  withRewrite(
    'a label key with a space',
    { podSelector: { matchLabels: { 'a b': 'c' } } },
    'spec.rewrite.podSelector.matchLabels',
    ...labelKey,
  ),
  withRewrite(
    'a label value with a slash',
    { namespaceSelector: { matchLabels: { team: 'a/b' } } },
    'spec.rewrite.namespaceSelector.matchLabels',
    ...labelValue,
  ),
  withRewrite(
    'a label value of 64 characters',
    { podSelector: { matchLabels: { team: 'a'.repeat(64) } } },
    'spec.rewrite.podSelector.matchLabels.team',
    'may not be more than 63',
  ),
  withRewrite(
    'a selector key that is no label key',
    { podSelector: { matchExpressions: [{ key: 'UPPER.prefix/', operator: 'Exists' }] } },
    'spec.rewrite.podSelector.matchExpressions[0].key',
    ...labelKey,
  ),
  withRewrite(
    'a selector value that is no label value',
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ["x'"] }] } },
    'spec.rewrite.podSelector.matchExpressions[0].values[0]',
    ...labelValue,
  ),
  withRewrite(
    'an unknown operator',
    { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Equals', values: ['b'] }] } },
    'spec.rewrite.namespaceSelector.matchExpressions[0].operator',
    '"In", "NotIn", "Exists", "DoesNotExist"',
  ),
  withRewrite(
    'In without values',
    { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    'spec.rewrite.namespaceSelector.matchExpressions[0].values',
    'The operators In and NotIn need values.',
  ),
  withRewrite(
    'Exists with values',
    { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
    'spec.rewrite.namespaceSelector.matchExpressions[0].values',
    'take no values: leave them out',
  ),
];
