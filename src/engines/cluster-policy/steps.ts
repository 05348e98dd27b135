import { CLIENT_SIDE_APPLY } from '../conditions/apply-again.js';
import { jmesPathStep, type Step } from './step.js';

/** What the `foreach` of a rule has as its list, whose one item the steps see as `element`. */
export interface OneItem {
  readonly jmesPath: string;
  /** A paragraph on it, for `render --explain`. */
  readonly why: string;
}

/** A list of one, where the steps need no item. */
export const ONCE: OneItem = { jmesPath: "['once']", why: 'A list of one item, so that the steps are evaluated once.' };

/**
 * The images of a request that may have to be rewritten, each with path: where it stands, as the JSON patch says it; key: its key in the
 * annotation; image: its name. They are one item together, so that the steps are evaluated once.
 *
 * A word such as `images`, wherever it stands in an expression, is a use of Kyverno's variable of that name for it: it then parses the Pod's
 * images with a stricter grammar than ours, and refuses the Pod.
 */
export function podItem(): OneItem {
  const container = (list: string): string =>
    `  items(request.object.spec.${list} || \`[]\`, 'at', 'it')[?it.imagePullPolicy != 'Never'].{
    path: join('', ['/spec/${list}/', to_string(at), '/image']), key: it.name, image: it.image },`;
  return {
    jmesPath: `[[
${container('containers')}
${container('initContainers')}
  items(request.object.spec.volumes || \`[]\`, 'at', 'it')[?it.image && it.image.pullPolicy != 'Never'].{
    path: join('', ['/spec/volumes/', to_string(at), '/image/reference']),
    key: join('', ['volumes/', it.name || '']), image: it.image.reference }
][]]`,
    why:
      "Everything in the Pod that names an image: containers, init containers and image volumes, each with where it stands, its key in the Pod's " +
      'annotation, and the name. What has the pull policy Never is left out: its image must be on the node already, under the name that it has. All of them are one ' +
      'item, which the steps know as element, so that each step is evaluated once.',
  };
}

/** By name, as the API server knows them: entries that the Pod had before can't be changed any more. */
export function ephemeralContainerSteps(): readonly Step[] {
  const list = 'request.object.spec.ephemeralContainers';
  const old = 'request.oldObject.spec.ephemeralContainers[].name';
  return [
    jmesPathStep('listed', `items(${list} || \`[]\`, 'at', 'it')`, 'All ephemeral containers, with their place.'),
    jmesPathStep('byName', 'object_from_lists(listed[].it.name, listed)', 'The same by name.'),
    jmesPathStep('old', `${old} || \`[]\``, 'The names of those that the Pod has already.'),
    jmesPathStep('oldNames', 'object_from_lists(old, old)', 'The same as keys of an object.'),
    jmesPathStep(
      'found',
      `values(merge(byName, oldNames))[?type(@) == 'object' && it.imagePullPolicy != 'Never'].{
  path: join('', ['/spec/ephemeralContainers/', to_string(at), '/image']), key: it.name, image: it.image }`,
      'What is left when the old names are laid over all: the new ones, as objects. The others can not be changed any more.',
    ),
  ];
}

/** Whether a manifest is applied: by a tool that makes the patch itself, or by server-side apply, whose manager's share of the spec is an `Apply`. */
export function appliedSteps(): readonly Step[] {
  const tools = CLIENT_SIDE_APPLY.map((tool) => `'${tool}'`).join(', ');
  return [
    jmesPathStep('manager', `request.options.fieldManager || ''`, 'Who writes, by the name that he gives himself.'),
    jmesPathStep(
      'shares',
      `request.object.metadata.managedFields[?manager && !subresource && fieldsV1."f:spec"].join('/', [manager, operation]) || \`[]\``,
      'Who owns a share of the spec, and by which operation: server-side apply shows nowhere else.',
    ),
    jmesPathStep(
      'isApplied',
      `contains([${tools}], manager) ||
contains(shares, join('/', [manager, 'Apply'])) && !contains(shares, join('/', [manager, 'Update']))`,
      'A tool that makes the patch of a manifest itself, or server-side apply by whomever. Any other change of an image is meant, and stays.',
    ),
  ];
}

/**
 * Leaves of the rewrites those that give an image what the Pod has in this place already: all of them but what is left when what the Pod had
 * is taken away.
 */
export function keptSteps(): readonly Step[] {
  const old = 'request.oldObject.spec';
  return [
    jmesPathStep(
      'before',
      `[
  ${old}.containers[].join('=', [name, image]),
  ${old}.initContainers[].join('=', [name, image]),
  ${old}.volumes[?image.reference].join('=', [join('', ['volumes/', name]), image.reference])
][]`,
      'What the Pod has had so far.',
    ),
    jmesPathStep(
      'wanted',
      `object_from_lists(rewrites[].join('=', [key, new]), rewrites)`,
      'The rewrites, by what the Pod would have after them.',
    ),
    jmesPathStep(
      'others',
      `values(merge(wanted, object_from_lists(before, before)))[?type(@) == 'object'].join('=', [key, new])`,
      'Those that would give the Pod another image than it had.',
    ),
    jmesPathStep(
      'kept',
      `values(merge(wanted, object_from_lists(others, others)))[?type(@) == 'object']`,
      'The others: they put back what the Pod has, so nothing drifts and no container starts anew.',
    ),
  ];
}
