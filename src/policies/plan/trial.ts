import { digest } from '../../engines/syntax/digest.js';
import { entryText, type MirrorEntry } from '../../engines/entry.js';
import type { FailedState } from '../state.js';

type Entries = ReadonlyMap<string, MirrorEntry>;

/** How the API server, or Kyverno, refuses what is wanted of a policy. */
export interface Refusal {
  /** Sets of mirrors whose new entries are to be tried, the next one first. Behind the last one, all are tried that aren't blocked. */
  readonly tries: readonly (readonly string[])[];
  /** Mirrors whose entry is refused. */
  readonly blocked: ReadonlyMap<string, Blocked>;
  /** Where the policy is refused whatever its mirrors have. */
  readonly whole?: { readonly wanted: string; readonly state: FailedState; readonly retryAt: number };
}

export interface Blocked {
  readonly entry: string;
  readonly message: string;
  readonly times: number;
  readonly retryAt: number;
}

/** What a write of a policy tries. */
export interface Trial {
  /** All that the policy is to have. */
  readonly wanted: Entries;
  readonly entries: readonly MirrorEntry[];
  /** The mirrors whose entries are new to the policy. */
  readonly adding: readonly string[];
  /** What remains to be tried if this is accepted. */
  readonly rest: readonly (readonly string[])[];
}

/**
 * What to write of a policy next. All that is wanted, unless that was refused: then first the last accepted form without the mirrors that
 * leave, and the new entries in ever smaller sets, until those that are refused stand alone.
 *
 * @param wanted - the mirrors that the policy is to have
 * @param live - the mirrors that it has
 */
export function nextTrial(wanted: Entries, live: Entries, refusal: Refusal | undefined, now: number): Trial {
  const changed = [...wanted.values()].filter((entry) => !isIn(live, entry)).map(({ mirror }) => mirror);
  if (refusal === undefined) return { wanted, entries: [...wanted.values()], adding: changed, rest: [] };
  const open = changed.filter((mirror) => !isBlocked(wanted, refusal, mirror, now));
  const planned = new Set(refusal.tries.flat());
  const others = open.filter((mirror) => !planned.has(mirror));
  const someLeave = [...live.keys()].some((mirror) => !wanted.has(mirror));
  const tries = refusal.tries.flatMap((mirrors) => {
    const left = mirrors.filter((mirror) => open.includes(mirror));
    return left.length > 0 || (mirrors.length === 0 && someLeave) ? [left] : [];
  });
  const [adding = [], ...rest] = [...tries, ...(others.length > 0 ? [others] : [])];
  const added = new Set(adding);
  const entries = [...wanted.values()].flatMap((entry) => {
    if (added.has(entry.mirror)) return [entry];
    return live.get(entry.mirror) ?? [];
  });
  return { wanted, entries, adding, rest };
}

/** What to try once this trial is refused; undefined where the policy is refused whatever its mirrors have. */
export function triesAfterRefusal({ adding, rest }: Trial): Refusal['tries'] | undefined {
  if (adding.length === 0) return undefined;
  const half = Math.ceil(adding.length / 2);
  const halves = adding.length === 1 ? [] : [adding.slice(0, half), adding.slice(half)];
  return [[], ...halves, ...rest.filter((mirrors) => mirrors.length > 0)];
}

/** The same for what is wanted to be the same. */
export function wantedText(wanted: Entries): string {
  return digest([...wanted.values()].map(entryText).sort());
}

/** Whether the mirror's wanted entry is the one that was refused, and it is not time yet to try that again. */
function isBlocked(
  wanted: Entries,
  refusal: Pick<Refusal, 'blocked'> | undefined,
  mirror: string,
  now: number,
): boolean {
  const entry = wanted.get(mirror);
  const blocked = refusal?.blocked.get(mirror);
  return entry !== undefined && blocked?.entry === entryText(entry) && now < blocked.retryAt;
}

function isIn(live: Entries, entry: MirrorEntry): boolean {
  const there = live.get(entry.mirror);
  return there !== undefined && entryText(there) === entryText(entry);
}
