import { ANNOTATIONS, LABELS } from '../../api/group.js';

/** What a rewritten Pod carries, as JSON pointers. */
export const NOTES = {
  originalImages: pointer('annotations', ANNOTATIONS.originalImages),
  mirrored: pointer('labels', LABELS.mirrored),
} as const;

/** An image's key in the annotation: a container's name, or `volumes/` and a volume's. */
export const KEY_PATTERN = '[a-z0-9./-]+';

/**
 * RE2 pattern of an annotation in our form. A webhook may be called again for a Pod that others have changed since: what it
 * noted the first time is kept. Only text of exactly this form is, since a Pod's author may write anything there.
 */
export const NOTED_PATTERN = `^[{]"${KEY_PATTERN}":"[^",\\\\]*"(?:,"${KEY_PATTERN}":"[^",\\\\]*")*[}]$`;

function pointer(map: 'annotations' | 'labels', key: string): string {
  return `/metadata/${map}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
