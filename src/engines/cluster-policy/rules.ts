import type { LabelSelector } from '../../api/registry-mirror.js';
import type { PullSecretRef } from '../pull-secret.js';
import { STATIC_POD_ANNOTATION } from '../conditions/static-pod.js';
import { addedSecretSteps, keptSecretSteps, secretPatch } from './pull-secrets.js';
import { NOTE_PATCH, noteSteps, PATCH, patchStep } from './patch-steps.js';
import { appliedSteps, ephemeralContainerSteps, keptSteps, ONCE, podItem, type OneItem } from './steps.js';
import { written, type Step } from './step.js';

/** What the rules of a policy are made of. */
interface RuleInput {
  /** From the images that a variable has to those to rewrite. */
  readonly mirrorSteps: (found: string) => readonly Step[];
  readonly secrets: readonly PullSecretRef[];
  readonly selectors: { readonly namespaceSelector: LabelSelector; readonly selector?: LabelSelector };
}

/** As in kyverno.io/v1. */
export interface Rule {
  readonly name: string;
  readonly match: object;
  readonly exclude?: object;
  readonly preconditions?: object;
  readonly list: OneItem;
  /** The last one is the JSON patch. */
  readonly steps: readonly Step[];
  /** A paragraph on it, for `render --explain`. */
  readonly why: string;
}

/**
 * The rule as it stands in the policy: one foreach over a list of one item, for two reasons. Kyverno evaluates the context of a rule anew before and after each
 * foreach in it, but that of a foreach only once. And it refuses a patch that is all variable outside of a foreach; since the variable is all there is, it takes
 * the text as it is and looks for no variables in what a Pod's author wrote.
 */
export function writtenRule({ name, match, exclude, preconditions, list, steps }: Rule): object {
  return {
    name,
    match,
    ...(exclude === undefined ? {} : { exclude }),
    mutate: {
      foreach: [
        {
          list: list.jmesPath,
          context: written(steps),
          ...(preconditions === undefined ? {} : { preconditions }),
          patchesJson6902: `{{ ${PATCH} }}`,
        },
      ],
    },
  };
}

export function newPodRule({ mirrorSteps, secrets, selectors }: RuleInput): Rule {
  return {
    name: 'rewrite-images',
    ...matching('Pod', 'CREATE', selectors),
    exclude: { any: [{ resources: { kinds: ['Pod'], annotations: { [STATIC_POD_ANNOTATION]: '?*' } } }] },
    list: podItem(),
    steps: [
      ...mirrorSteps('element'),
      ...noteSteps(),
      ...addedSecretSteps(secrets),
      patchStep('rewrites', [NOTE_PATCH, ...secretPatch(secrets)]),
    ],
    why:
      'New Pods. Namespaces that opted out by their label, and those that the mirrors do not select, are left out by the selectors; static Pods too, since the API ' +
      'only has a copy of them.',
  };
}

export function ephemeralContainerRule({ mirrorSteps, selectors }: RuleInput): Rule {
  return {
    name: 'rewrite-ephemeral-containers',
    ...matching('Pod/ephemeralcontainers', 'UPDATE', selectors),
    // A subresource takes no notes and no pull secrets.
    list: ONCE,
    steps: [...ephemeralContainerSteps(), ...mirrorSteps('found'), patchStep('rewrites', [])],
    why: 'Ephemeral containers (kubectl debug) come through a subresource of the Pod. Only those that are new are rewritten.',
  };
}

/** Whoever applies a Pod's manifest again writes the original image names: where the rewrite makes of them what the Pod has, it stays as it is. */
export function podAppliedAgainRule({ mirrorSteps, secrets, selectors }: RuleInput): Rule {
  return {
    name: 'keep-images-when-applied-again',
    ...matching('Pod', 'UPDATE', selectors),
    preconditions: { all: [IS_APPLIED] },
    list: podItem(),
    steps: [
      ...appliedSteps(),
      ...mirrorSteps('element'),
      ...keptSteps(),
      ...keptSecretSteps(secrets),
      patchStep('kept', secretPatch(secrets)),
    ],
    why:
      'A manifest that is applied to a rewritten Pod again names the original images, and would undo the rewrite. Where the rewrite makes of them what the Pod ' +
      'has, the Pod stays as it is. No other update is touched.',
  };
}

function matching(kind: string, operation: string, selectors: RuleInput['selectors']): Pick<Rule, 'match'> {
  return { match: { any: [{ resources: { kinds: [kind], operations: [operation], ...selectors } }] } };
}

const IS_APPLIED = {
  key: '{{ isApplied }}',
  operator: 'Equals',
  value: true,
  message: 'An image that a person or a controller changes on purpose is left as it is written.',
};
