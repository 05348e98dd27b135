import { ANNOTATIONS, GROUP } from '../../api/group.js';
import { NOTED_PATTERN, NOTES } from '../syntax/notes.js';
import { IMAGE_PATH_PATTERN } from '../syntax/paths.js';
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

const OF_OURS = [`/metadata/annotations/${GROUP}~1`, `/metadata/labels/${GROUP}~1`]
  .map((path) => `starts_with(path, '${path}')`)
  .join(' || ');

export const NOTE_PATCH = `[{op: 'add', path: notes.annotationPath, value: originals}, {op: 'add', path: notes.labelPath, value: 'true'}]
    [?${OF_OURS}]`;

/** The last step of each rule. */
export const PATCH = 'patch';

/**
 * The last step: the JSON patch, as text. It looks at each path itself, so that it changes nothing else whatever the steps before it say: the admission policy
 * of the operator lets it write rules that end in one of these steps, and no others.
 *
 * @param list - the step with the images to rewrite
 * @param patches - JMESPath of what else is to be changed where there are some: lists of patches
 */
export function patchStep(list: string, patches: readonly string[]): Step {
  const images = `${list}[?regex_match('${IMAGE_PATH_PATTERN}', path)]
    .{op: 'replace', path: path, value: new}`;
  return jmesPathStep(
    PATCH,
    `${list} && [
${[images, ...patches].map((each) => `  ${each}`).join(',\n')}
][] || \`[]\` | to_string(@)`,
    'The JSON patch, as text. All that this rule changes is in it. It takes no path but those of images, and those of what the Pod carries of ours: the admission ' +
      'policy of the operator refuses a rule whose last step is another one.',
  );
}
