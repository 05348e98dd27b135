import { parseReference } from '../../image/reference.js';
import { rewriter } from '../../image/rewrite.js';
import type { MirrorRule } from '../../image/rules.js';
import { noteKey } from './pod.js';
import type { PodImage } from './pod.js';
import type { Reason } from './pod-rules.js';
import type { Verdict } from './verdict.js';

const FELL_BACK: Reason = {
  code: 'FellBack',
  text: 'it was rewritten when the Pod was made, and is back since: it could not be pulled from the cache (rewrite.fallback), or somebody changed the Pod',
};

/**
 * What the Pod itself tells of an image: by its note of the original, and by the pull prefix in the image's name. Undefined: nothing.
 *
 * @param exists - whether the Pod is in the cluster: a new one is rewritten whatever notes it brings along
 */
export function toldByPod(
  image: PodImage,
  notes: Readonly<Record<string, string>>,
  rules: readonly MirrorRule[],
  exists: boolean,
): Verdict | undefined {
  const original = notes[noteKey(image)] ?? '';
  const change = changeOf(original, image.image);
  const mirror = rules.find(({ pullPrefix }) => image.image.startsWith(`${pullPrefix}/`))?.mirror;
  if (change === 'rewritten') return { outcome: 'Rewritten', original, ...(mirror === undefined ? {} : { mirror }) };
  if (mirror !== undefined) return { outcome: 'ThroughMirror', mirror };
  if (change === undefined || !exists) return undefined;
  const result = rewriter(rules)(image.image);
  const reason = change === 'none' ? FELL_BACK : changedSince(original);
  return { outcome: 'Unchanged', ...(result.outcome === 'rewritten' ? { mirror: result.mirror } : {}), reason };
}

/** What was done to the image that a note names. Undefined: the note names none, as no policy writes it. */
function changeOf(original: string, image: string): 'rewritten' | 'none' | 'other' | undefined {
  const before = parseReference(original);
  if (before === undefined) return undefined;
  const name = `${before.path}${before.suffix}`;
  const now = parseReference(image);
  // Nobody mirrors the host of a Harbor, so a rewrite always goes to another one.
  if (now?.domain !== before.domain) return image.endsWith(`/${name}`) ? 'rewritten' : 'other';
  return `${now.path}${now.suffix}` === name ? 'none' : 'other';
}

function changedSince(original: string): Reason {
  const text = `${original} stood here when the Pod was made, and was rewritten; somebody has changed the Pod since, and no policy rewrites such a change`;
  return { code: 'ChangedSince', text };
}
