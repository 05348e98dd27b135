import type { HarborFacts } from './facts.js';

/**
 * What a session tells of.
 *
 * - `opened`: Harbor has answered for the first time, nodes can pull, and the login is taken.
 * - `availability`: whether nodes can pull, whether the login is taken, or where nodes pull from isn't what it was.
 * - `upstreams`: Harbor has another opinion of an upstream's health, and nothing else in it.
 * - `contents`: something is missing in Harbor, or it has another version.
 */
export type SessionChange = 'opened' | 'availability' | 'upstreams' | 'contents';

/** What a check's result is to the mirrors of a Harbor; undefined where it is no news to them. Pure. */
export function newsOf(before: HarborFacts, after: HarborFacts): 'opened' | 'availability' | undefined {
  if (!isNews(before, after)) return undefined;
  return isOpening(before, after) ? 'opened' : 'availability';
}

/** Whether Harbor answers for the first time, and all is well: nobody has to leave, or comes back, for that. */
function isOpening(before: HarborFacts, after: HarborFacts): boolean {
  return before.availability.kind === 'unknown' && after.availability.kind === 'up';
}

/** Whether mirrors have to be looked at for it; that a problem is put in other words is none. */
function isNews(before: HarborFacts, after: HarborFacts): boolean {
  const told = ({ availability, pullHost }: HarborFacts): string =>
    JSON.stringify([
      availability.kind,
      availability.kind === 'unknown' && availability.problem !== undefined,
      pullHost.kind === 'known' ? pullHost.host : pullHost.kind,
    ]);
  return told(before) !== told(after);
}
