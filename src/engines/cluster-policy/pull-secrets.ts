import { PULL_SECRET_PREFIX, type PullSecretRef } from '../pull-secret.js';
import { isPlain, jmesPathLiteral } from '../syntax/escape.js';
import { jmesPathStep, type Step } from './step.js';

const NAMES = 'request.object.spec.imagePullSecrets[].name || `[]`';
const PRESENT = jmesPathStep('present', NAMES, 'The pull secrets that the Pod has.');
const OLD_NAMES = 'request.oldObject.spec.imagePullSecrets[].name || `[]`';

/** The Secrets that a new Pod needs for its rewritten images, and lacks: `added`, as the Pod has them. */
export function addedSecretSteps(secrets: readonly PullSecretRef[]): readonly Step[] {
  if (secrets.length === 0) return [];
  return [
    ...neededSecretSteps(secrets, 'rewrites'),
    PRESENT,
    jmesPathStep('added', `${without('needed', 'present')} | sort_by(@, &name)`, 'Those that it lacks.'),
  ];
}

/** What a Pod was created with can't be changed, so an update gets only those that its manifest left out. */
export function keptSecretSteps(secrets: readonly PullSecretRef[]): readonly Step[] {
  if (secrets.length === 0) return [];
  return [
    ...neededSecretSteps(secrets, 'kept'),
    PRESENT,
    jmesPathStep('earlier', OLD_NAMES, 'The pull secrets that the Pod was created with: nobody can change them.'),
    jmesPathStep('foreign', `${without('needed', 'earlier')}[].name || \`[]\``, 'Those that it was not given then.'),
    jmesPathStep('unavailable', '[present, foreign][]', 'None of these can be added.'),
    jmesPathStep(
      'added',
      `${without('needed', 'unavailable')} | sort_by(@, &name)`,
      'What the Pod has and its manifest does not know of.',
    ),
  ];
}

/** `needed`: an object, by name, so that each is there once. */
function neededSecretSteps(secrets: readonly PullSecretRef[], list: string): readonly Step[] {
  const pairs = secrets.map(({ pullPrefix, name }) => [pullPrefix, name] as const);
  const plain = pairs.filter((pair) => pair.every(isPlain));
  const others = pairs.filter((pair) => !pair.every(isPlain));
  const more = others.length === 0 ? '' : ` || lookup(${jmesPathLiteral(Object.fromEntries(others))}, prefix)`;
  return [
    {
      name: 'secrets',
      variable: { value: Object.fromEntries(plain) },
      why: 'The Secret that the operator puts into the namespaces of Pods, for each of the pull prefixes.',
    },
    jmesPathStep('names', `${list}[].{name: lookup(\`{{ secrets }}\`, prefix)${more}}`, 'What the new images need.'),
    jmesPathStep('needed', 'object_from_lists(names[].name, names)', 'The same by name, each once.'),
  ];
}

function without(needed: string, names: string): string {
  return `values(merge(${needed}, object_from_lists(${names}, ${names})))[?type(@) == 'object']`;
}

/** Kyverno makes the list where the Pod has none. No Secrets but the operator's own are added, whatever the steps say. */
export function secretPatch(secrets: readonly PullSecretRef[]): readonly string[] {
  if (secrets.length === 0) return [];
  return [
    `added[?starts_with(name, '${PULL_SECRET_PREFIX}')].{op: 'add', path: '/spec/imagePullSecrets/-', value: {name: name}}`,
  ];
}
