import { ANNOTATIONS } from '../../api/group.js';
import { NOTED_PATTERN, NOTES } from '../syntax/notes.js';
import { jmesPathStep, type Step } from './step.js';

/** What a rewritten Pod carries. Names are a value, since a word in an expression may be a use of a variable of that name. */
export function noteSteps(): readonly Step[] {
  return [
    {
      name: 'notes',
      variable: {
        value: {
          annotation: ANNOTATIONS.originalImages,
          annotationPath: NOTES.originalImages,
          labelPath: NOTES.mirrored,
        },
      },
      why: 'What a rewritten Pod carries: an annotation with its original images, and a label.',
    },
    jmesPathStep(
      'noted',
      `lookup(request.object.metadata.annotations || \`{}\`, notes.annotation) || ''
| regex_match('${NOTED_PATTERN}', @) && parse_json(@) || \`{}\``,
      "The note that the Pod has already: what an earlier pass noted is kept, since the original names stand nowhere else any more; but only text of exactly this form, since a Pod's " +
        'author may write anything there.',
    ),
    jmesPathStep(
      'originals',
      `to_string(merge(noted, object_from_lists(rewrites[].key, rewrites[].image)))`,
      'The annotation: each container with the image that it had, for people, for explain, and for the next time that the manifest is applied.',
    ),
  ];
}

export const NOTE_PATCH = `[{op: 'add', path: notes.annotationPath, value: originals}, {op: 'add', path: notes.labelPath, value: 'true'}]`;

/** The last step of each rule. */
export const PATCH = 'patch';

/**
 * The last step: the JSON patch, as text.
 *
 * @param list - the step with the images to rewrite
 * @param patches - JMESPath of what else is to be changed where there are some: lists of patches
 */
export function patchStep(list: string, patches: readonly string[]): Step {
  const all = [`${list}[].{op: 'replace', path: path, value: new}`, ...patches];
  return jmesPathStep(
    PATCH,
    `${list} && [
${all.map((each) => `  ${each}`).join(',\n')}
][] || \`[]\` | to_string(@)`,
    'The JSON patch, as text. All that this rule changes is in it.',
  );
}
