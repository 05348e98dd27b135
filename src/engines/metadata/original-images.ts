import { ANNOTATIONS } from '../../api/group.js';
import type { ObjectMeta } from '../../api/object-meta.js';
import { NOTED_PATTERN } from '../syntax/notes.js';

const NOTED = new RegExp(NOTED_PATTERN);

/** Whether the annotation has the exact form in which a policy writes it. The same notes in another form of JSON are somebody else's writing. */
export function isNotedByPolicy({ annotations }: ObjectMeta): boolean {
  return NOTED.test(annotations?.[ANNOTATIONS.originalImages] ?? '');
}

/** The images of a rewritten Pod as they were, by the container's name, or `volumes/` and the volume's. Anybody may write anything into the annotation. */
export function originalImages({ annotations }: ObjectMeta): Readonly<Record<string, string>> {
  const text = annotations?.[ANNOTATIONS.originalImages];
  if (text === undefined) return {};
  try {
    const notes: unknown = JSON.parse(text);
    const pairs = typeof notes === 'object' && notes !== null ? Object.entries(notes) : [];
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
