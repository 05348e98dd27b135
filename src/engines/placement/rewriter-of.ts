import { rewriter } from '../../image/rewrite.js';
import type { Rewriter } from '../../image/rewrite.js';
import { groups } from './group.js';
import type { PlacedEntry } from './group.js';

/** The rewrite of all these mirrors, in the policies that they would be in if there were none yet. */
export function rewriterOf(placed: readonly PlacedEntry[]): Rewriter {
  const policies = new Map(
    groups(placed).flatMap(({ name, settings, entries }) =>
      entries.map(({ mirror }) => [mirror, `${settings.engine}/${name}`] as const),
    ),
  );
  return rewriter(
    placed.map(({ entry }) => entry),
    (mirror) => policies.get(mirror) ?? '',
  );
}
