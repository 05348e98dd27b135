import type { PullSecretRef } from '../pull-secret.js';
import { isPlain, jmesPathLiteral } from '../syntax/escape.js';
import { jmesPathStep, type Step } from './step.js';

const NAMES = 'request.object.spec.imagePullSecrets[].name || `[]`';
const OLD_NAMES = 'request.oldObject.spec.imagePullSecrets[].name || `[]`';

/** The Secrets that a new Pod needs for its rewritten images, and lacks: `added`, as the Pod has them. */
export function addedSecretSteps(secrets: readonly PullSecretRef[]): readonly Step[] {
  if (secrets.length === 0) return [];
  return [
    ...neededSecretSteps(secrets, 'rewrites'),
    jmesPathStep('present', NAMES),
    jmesPathStep('added', `${without('needed', 'present')} | sort_by(@, &name)`),
  ];
}

/** What a Pod was created with can't be changed, so an update gets only those that its manifest left out. */
export function keptSecretSteps(secrets: readonly PullSecretRef[]): readonly Step[] {
  if (secrets.length === 0) return [];
  return [
    ...neededSecretSteps(secrets, 'kept'),
    jmesPathStep('present', NAMES),
    jmesPathStep('earlier', OLD_NAMES),
    jmesPathStep('foreign', `${without('needed', 'earlier')}[].name || \`[]\``),
    jmesPathStep('unavailable', '[present, foreign][]'),
    jmesPathStep('added', `${without('needed', 'unavailable')} | sort_by(@, &name)`),
  ];
}

/** `needed`: an object, by name, so that each is there once. */
function neededSecretSteps(secrets: readonly PullSecretRef[], list: string): readonly Step[] {
  const pairs = secrets.map(({ pullPrefix, name }) => [pullPrefix, name] as const);
  const plain = pairs.filter((pair) => pair.every(isPlain));
  const others = pairs.filter((pair) => !pair.every(isPlain));
  const more = others.length === 0 ? '' : ` || lookup(${jmesPathLiteral(Object.fromEntries(others))}, prefix)`;
  return [
    { name: 'secrets', variable: { value: Object.fromEntries(plain) } },
    jmesPathStep('names', `${list}[].{name: lookup(\`{{ secrets }}\`, prefix)${more}}`),
    jmesPathStep('needed', 'object_from_lists(names[].name, names)'),
  ];
}

function without(needed: string, names: string): string {
  return `values(merge(${needed}, object_from_lists(${names}, ${names})))[?type(@) == 'object']`;
}

export function secretPatch(secrets: readonly PullSecretRef[]): readonly string[] {
  if (secrets.length === 0) return [];
  return [
    `length(added) > \`0\` && (length(present) > \`0\` &&
    added[].{op: 'add', path: '/spec/imagePullSecrets/-', value: @} ||
    [{op: 'add', path: '/spec/imagePullSecrets', value: added}]) || \`[]\``,
  ];
}
