import { ENGINE_KINDS } from '../engines/engines.js';
import type { WebhookContent } from '../engines/webhooks.js';
import { emptiedFor } from './emptied.js';
import { mirrorsIn, strangeContents } from './held.js';
import type { Memory, PolicyMemory } from './memory.js';
import type { FoundPolicy } from './observe/live.js';
import type { Picture } from './observe/picture.js';

/** What was known at one moment. */
export interface Moment {
  readonly picture: Picture;
  readonly memory: Memory;
}

/**
 * The mirrors whose policies, or what is known of them, changed from one moment to another; undefined: any may be concerned. A mirror that is in force,
 * or out of all policies, and isn't among them still is so: time changes nothing for it, nor does a plan to move it that has written nothing yet. Pure.
 */
export function concernedBy(before: Moment | undefined, after: Moment): ReadonlySet<string> | undefined {
  if (before === undefined || !isSameWorld(before, after)) return undefined;
  const concerned = new Set<string>();
  const isSwitched = (hash: string): boolean => before.picture.shown.has(hash) !== after.picture.shown.has(hash);
  for (const key of new Set([...keysOf(before), ...keysOf(after)])) {
    const [old, now] = [partOf(before, key), partOf(after, key)];
    const isSame = old.found === now.found && old.remembered === now.remembered;
    if (isSame && !now.hashes.some(isSwitched)) continue;
    for (const mirror of [...old.mirrors(), ...now.mirrors()]) concerned.add(mirror);
  }
  return concerned;
}

/** Whether what counts for all mirrors is as it was. */
function isSameWorld(before: Moment, after: Moment): boolean {
  const [old, now] = [before.picture, after.picture];
  return (
    old.autoEngines === now.autoEngines &&
    ENGINE_KINDS.every((kind) => isSameKnowledge(old.knowledge[kind], now.knowledge[kind])) &&
    isSameContents(strangeContents(old, before.memory), strangeContents(now, after.memory)) &&
    (old.policies === now.policies || unlistedIn(old) === unlistedIn(now))
  );
}

/** The places that policies send Pods to for mirrors that they don't list, as one text. */
function unlistedIn({ policies }: Picture): string {
  const places = new Set<string>();
  for (const { unlisted } of policies.values()) for (const place of unlisted) places.add(place);
  return [...places].sort().join(' ');
}

function isSameKnowledge(a: Picture['knowledge']['ClusterPolicy'], b: typeof a): boolean {
  const messageOf = (known: typeof a): string | undefined => ('message' in known ? known.message : undefined);
  return a.kind === b.kind && messageOf(a) === messageOf(b);
}

function isSameContents(a: readonly WebhookContent[], b: readonly WebhookContent[]): boolean {
  return a.length === b.length && a.every(({ contentHash }, i) => contentHash === b[i]?.contentHash);
}

function keysOf({ picture, memory }: Moment): readonly string[] {
  return [...picture.policies.keys(), ...memory.policies.keys()];
}

function partOf({ picture, memory }: Moment, key: string): Part {
  const found = picture.policies.get(key);
  const remembered = memory.policies.get(key);
  return {
    found,
    remembered,
    hashes: [...(found?.contentHash === undefined ? [] : [found.contentHash]), ...(remembered?.forms.keys() ?? [])],
    mirrors: () => [
      ...(found?.entries.keys() ?? []),
      ...(found === undefined ? [] : emptiedFor(found)),
      ...(remembered === undefined ? [] : mirrorsIn(remembered)),
    ],
  };
}

interface Part {
  readonly found: FoundPolicy | undefined;
  readonly remembered: PolicyMemory | undefined;
  /** Of all contents that it has or had. */
  readonly hashes: readonly string[];
  readonly mirrors: () => readonly string[];
}
