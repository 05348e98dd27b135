import { yaml } from '../output.js';
import type { HandMadePolicy } from './hand-made.js';
import type { Imported } from './mirror.js';

/** The mirrors as one file to apply; in YAML with what a person has to know as comments. */
export function manifests(
  imported: readonly Imported[],
  policies: readonly HandMadePolicy[],
  harborUrl: string,
  format: 'yaml' | 'json',
): string {
  const mirrors = imported.flatMap((item) => (item.ok ? [item] : []));
  if (format === 'json') {
    const items = mirrors.flatMap(({ secrets, mirror }) => [...secrets, mirror]);
    return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2);
  }
  const header = comments([
    `RegistryMirrors for the proxy-cache projects of ${harborUrl}.`,
    'Applying them writes nothing to Harbor but the ownership mark, behind the text of the endpoints that are adopted, and once more',
    'the passwords of those that have one.',
    ...problems(imported),
    ...policies.flatMap(describePolicy),
  ]);
  const documents = mirrors.map(({ mirror, secrets, notes }) => `${comments(notes)}${yaml([...secrets, mirror])}\n`);
  return [header, ...documents].join('---\n').trimEnd();
}

/** What was not imported, and why. */
export function problems(imported: readonly Imported[]): readonly string[] {
  return imported.flatMap((item) => (item.ok ? [] : [`Project ${item.project} is left out: ${item.problem}.`]));
}

function describePolicy({ name, targets, excludedNamespaces, faults }: HandMadePolicy): readonly string[] {
  const what = targets.map(({ project, hosts }) => `${hosts.length === 0 ? 'images' : hosts.join(', ')} to ${project}`);
  const except = excludedNamespaces.length === 0 ? '' : `, except in ${excludedNamespaces.join(', ')}`;
  return [
    `ClusterPolicy ${name} sends ${what.join('; ')}${except}. Mirrors replace it: delete it once they are Ready.`,
    ...faults.map((fault) => `  It ${fault}.`),
  ];
}

/** Names and urls come from Harbor and the cluster: none of them ends the comment. */
function comments(lines: readonly string[]): string {
  return lines.map((line) => `# ${line.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`).join('');
}
