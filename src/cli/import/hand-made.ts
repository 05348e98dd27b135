import { LABELS, OPERATOR } from '../../api/group.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { isRecord } from '../files/objects-file.js';

/** A ClusterPolicy that somebody wrote to send Pods to Harbor: what a mirror does from now on. */
export interface HandMadePolicy {
  readonly name: string;
  /** Where it sends images to, and of which hosts where that could be made out. */
  readonly targets: readonly { readonly project: string; readonly hosts: readonly string[] }[];
  readonly excludedNamespaces: readonly string[];
  readonly ignoresFailures: boolean;
  /** What it does that a mirror does better. */
  readonly faults: readonly string[];
}

/** Host names in a literal of JMESPath or a regular expression, whose dots may be escaped. */
const HOST = /(?<![\w.$-])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d{2,5})?(?![\w.-])/g;
const LITERAL = /'((?:[^'\\]|\\.)*)'/g;

/**
 * Makes out of a ClusterPolicy what it does to images; undefined where it sends none to this Harbor or is the operator's own. Reads
 * the usual forms (regex_replace_all, replace_all, a prefix in front of the path); a person has to look at the rest. Pure.
 *
 * @param pullHosts - the names that this Harbor is known by
 */
export function readHandMade(policy: KubernetesObject, pullHosts: readonly string[]): HandMadePolicy | undefined {
  if (policy.metadata.labels?.[LABELS.managedBy] === OPERATOR) return undefined;
  const spec = record(record(policy).spec);
  const rules = array(spec.rules).map(record);
  const targets = rules.flatMap((rule) => targetsOf(rule, pullHosts));
  if (targets.length === 0) return undefined;
  const text = JSON.stringify(rules);
  return {
    name: policy.metadata.name,
    targets: [...Map.groupBy(targets, ({ project }) => project)].map(([project, found]) => ({
      project,
      hosts: [...new Set(found.flatMap(({ hosts }) => hosts))],
    })),
    excludedNamespaces: [...new Set(rules.flatMap(excludedNamespaces))],
    ignoresFailures: spec.failurePolicy === 'Ignore',
    faults: faults(text, policy.metadata.annotations ?? {}),
  };
}

interface Target {
  readonly project: string;
  readonly hosts: readonly string[];
}

function targetsOf(rule: Fields, pullHosts: readonly string[]): readonly Target[] {
  const preconditions = [
    rule.preconditions,
    ...array(record(rule.mutate).foreach).map((each) => record(each).preconditions),
  ];
  const conditionHosts = preconditions.flatMap(strings).flatMap((text) => hostsIn(text, pullHosts));
  return strings(rule.mutate).flatMap((text) =>
    pullHosts.flatMap((pullHost) => {
      const projects = [
        ...text.matchAll(new RegExp(`${pullHost.replace(/[^A-Za-z0-9-]/g, '\\$&')}/([a-z0-9._-]+)`, 'g')),
      ];
      const literals = [...text.matchAll(LITERAL)].map(([, literal = '']) => literal);
      const hosts = literals.flatMap((literal) => hostsIn(literal, pullHosts));
      return projects.map(([, project = '']) => ({ project, hosts: hosts.length > 0 ? hosts : conditionHosts }));
    }),
  );
}

function hostsIn(text: string, pullHosts: readonly string[]): readonly string[] {
  // A variable's path (element.image) looks like a host's name.
  const plain = text.replaceAll(/\{\{.*?\}\}/gs, ' ').replaceAll('\\', '');
  const found = [...plain.matchAll(HOST)].map(([host]) => host);
  return found
    .filter((host) => !pullHosts.some((pullHost) => pullHost === host || pullHost.startsWith(`${host}:`)))
    .map((host) => (host === 'index.docker.io' ? 'docker.io' : host));
}

function excludedNamespaces(rule: Fields): readonly string[] {
  const exclude = record(rule.exclude);
  const blocks = [exclude, ...array(exclude.any), ...array(exclude.all)].map((block) =>
    record(record(block).resources),
  );
  const conditions = [rule.preconditions]
    .flatMap((block) => [block, ...array(record(block).any), ...array(record(block).all)])
    .map(record)
    .filter(
      ({ key, operator }) =>
        /request\.(object\.metadata\.)?namespace/.test(String(key)) && String(operator).includes('Not'),
    );
  return [
    ...blocks.flatMap(({ namespaces }) => strings(namespaces)),
    ...conditions.flatMap(({ value }) => strings(value)),
  ];
}

function faults(text: string, annotations: Readonly<Record<string, string>>): readonly string[] {
  const missing = ['initContainers', 'ephemeralContainers', 'volumes'].filter((place) => !text.includes(place));
  const literals = [...text.replaceAll('\\\\', '\\').matchAll(LITERAL)].map(([, literal = '']) => literal);
  const patterns = text.includes('regex_replace_all') ? literals.filter((literal) => /\(\.[*+]/.test(literal)) : [];
  return [
    ...(annotations['pod-policies.kyverno.io/autogen-controllers'] === 'none'
      ? []
      : ['changes Deployments and other controllers, too (autogen), so that Git and the cluster differ']),
    ...(missing.length === 0 ? [] : [`leaves out ${missing.join(', ')}`]),
    ...(patterns.some((pattern) => !pattern.startsWith('^')) ? ['has a pattern that is not anchored by ^'] : []),
    ...(patterns.some((pattern) => /[a-z0-9]\.[a-z]/.test(pattern))
      ? ['has a pattern whose dots match any character']
      : []),
    ...(text.includes('imagePullSecrets') ? [] : ["rewrites Pods with pull secrets, which Harbor can't pass on"]),
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
