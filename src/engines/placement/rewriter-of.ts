import { rewriter } from '../../image/rewrite.js';
import type { Rewriter } from '../../image/rewrite.js';
import { settingsText } from '../settings.js';
import type { PlacedEntry } from './group.js';

/** The rewrite of all these mirrors, of which those with the same settings share a policy. */
export function rewriterOf(placed: readonly PlacedEntry[]): Rewriter {
  const policies = new Map(placed.map(({ entry, settings }) => [entry.mirror, settingsText(settings)]));
  return rewriter(
    placed.map(({ entry }) => entry),
    (mirror) => policies.get(mirror) ?? '',
  );
}
