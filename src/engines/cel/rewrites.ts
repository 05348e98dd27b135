import { ANNOTATIONS, LABELS } from '../../api/group.js';
import { KEY_PATTERN, NOTED_PATTERN, NOTES } from '../syntax/notes.js';
import { IMAGE_PATH_PATTERN } from '../syntax/paths.js';
import { celPattern } from './literals.js';
import type { Step } from './step.js';

const KEY = `"${ANNOTATIONS.originalImages}"`;

/** The variables from `newNames` to what changes in the Pod, and to the annotation that notes it. */
export const REWRITE_STEPS: readonly Step[] = [
  {
    name: 'imagesBefore',
    expression: `\
// Of an update: what the Pod has had so far.
oldObject.spec.?containers.orValue([]).map(c, c.name + "=" + c.image)
+ oldObject.spec.?initContainers.orValue([]).map(c, c.name + "=" + c.image)
+ oldObject.spec.?volumes.orValue([]).map(v, "volumes/" + v.name + "=" + v.?image.?reference.orValue(""))`,
    why: 'Only looked at when a manifest is applied again to a Pod that was rewritten.',
  },
  {
    name: 'rewrites',
    expression: `\
// What changes. Of a manifest that is applied again, only what makes the image that the Pod has already.
variables.entries.transformList(n, e, variables.newNames[n] != "" && (
    request.operation == "CREATE" || has(request.subResource) || e.name + "=" + variables.newNames[n] in variables.imagesBefore
  ), {"path": e.path, "name": e.name, "image": e.image, "newName": variables.newNames[n]})`,
    why:
      'Whoever applies a manifest a second time writes the original image names over the rewritten ones. Where the rewrite makes of them what ' +
      'the Pod has, it stays as it is, and nothing drifts; any other change of an image is left as it was written.',
  },
  {
    name: 'annotation',
    expression: `object.metadata.?annotations[?${KEY}].orValue("")`,
    why: 'The note that the Pod has already.',
  },
  {
    name: 'earlierNotes',
    expression: `\
// What an earlier pass noted, if it is of exactly this form: a Pod's author may write anything there.
!variables.annotation.matches(
  ${celPattern(NOTED_PATTERN)}
) ? [] : variables.annotation.substring(1, size(variables.annotation) - 1).split(",")`,
    why:
      'Policies run again for a Pod that a webhook changed behind them. What the first pass noted is kept, since it is the only place where the ' +
      'original names still stand.',
  },
  {
    name: 'note',
    expression: `\
// The annotation: each container with the image that it had, as JSON.
"{" + (
  variables.earlierNotes.filter(text, !variables.rewrites.exists(r, text.startsWith('"' + r.name + '":')))
  + variables.rewrites.filter(r, r.name.matches(${celPattern(`^${KEY_PATTERN}$`)})).map(r, '"' + r.name + '":"' + r.image + '"')
).join(",") + "}"`,
    why: 'For people, for explain, and for the next time that the manifest is applied. An invalid name is left out: its Pod is refused anyway.',
  },
];

/**
 * The JSON patch. A Pod has its notes when it is updated, and its subresource takes none. It looks at each path itself, so that it changes nothing else whatever
 * the variables say: the admission policy of the operator lets it write policies with this patch, and no others.
 */
export const PATCH = `\
// The new names, where images stand and nowhere else, and on a new Pod the note and a label.
variables.rewrites.filter(r, r.path.matches(
  ${celPattern(IMAGE_PATH_PATTERN)}
)).map(r, JSONPatch{op: "replace", path: r.path, value: r.newName})
+ (request.operation != "CREATE" || size(variables.rewrites) == 0 ? [] : [
  has(object.metadata.annotations)
    ? JSONPatch{op: "add", path: "${NOTES.originalImages}", value: variables.note}
    : JSONPatch{op: "add", path: "/metadata/annotations", value: {${KEY}: variables.note}},
  has(object.metadata.labels)
    ? JSONPatch{op: "add", path: "${NOTES.mirrored}", value: "true"}
    : JSONPatch{op: "add", path: "/metadata/labels", value: {"${LABELS.mirrored}": "true"}}
])`;
