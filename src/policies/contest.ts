import { REASONS } from '../api/reasons.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { backoffMs } from '../kubernetes/backoff.js';
import { contains } from '../kubernetes/contains.js';
import type { FoundPolicy, PolicyId } from './observe/live.js';
import type { FailedState } from './state.js';

/** Somebody undoes what the operator writes to a policy, each time soon after it was written: a program that wants it otherwise. */
export interface Contest {
  /** How many writes in a row were undone so. */
  readonly times: number;
  /** When the last one was seen to be undone. */
  readonly since: number;
  /** Who has written into the spec last, as far as the API server says. */
  readonly by: readonly string[];
}

/** What is remembered of a policy that may be contested. */
interface Written {
  readonly accepted?: { readonly policy: RenderedPolicy; readonly at: number };
  readonly contest?: Contest | undefined;
}

/** What is remembered next, and after how many ms there is something to be done about it. */
interface Step {
  readonly contest: Contest | undefined;
  readonly waitMs: number;
}

/** What is undone so soon after it was written is undone by a program. A policy that stays as it was written for as long isn't contested any more. */
const SOON_MS = 10_000;
/** As often it may be a person who tries something: the policy is written again at once. */
const FREE_TIMES = 3;
const BACKOFF = { baseMs: 1000, ceilingMs: 60_000, random: () => 1 };

/** The policy is as it is to be. */
export function calming({ accepted, contest }: Written, now: number): Step {
  if (accepted === undefined || contest === undefined) return { contest: undefined, waitMs: 0 };
  const waitMs = Math.max(0, accepted.at + SOON_MS - now);
  return { contest: waitMs > 0 ? contest : undefined, waitMs };
}

/** The policy isn't as it is to be. Where it is to be as it was written last, somebody has undone that: each write counts once. */
export function undoing(written: Written, wanted: RenderedPolicy, found: FoundPolicy | undefined, now: number): Step {
  const { accepted, contest } = written;
  if (accepted === undefined || !contains(accepted.policy, wanted)) return { contest, waitMs: 0 };
  const isCounted = contest !== undefined && contest.since >= accepted.at;
  const times = now - accepted.at < SOON_MS ? (contest?.times ?? 0) + 1 : 1;
  const next = isCounted ? contest : { times, since: now, by: found?.live.editors ?? contest?.by ?? [] };
  if (!isContested(next)) return { contest: next, waitMs: 0 };
  return { contest: next, waitMs: Math.max(0, next.since + backoffMs(next.times - FREE_TIMES, BACKOFF) - now) };
}

/** How mirrors stand whose policy is contested: what it has for them may be in force for moments only. */
export function overwritten({ kind, name }: PolicyId, { contest }: Written): FailedState | undefined {
  if (contest === undefined || !isContested(contest)) return undefined;
  const who = contest.by.length === 0 ? 'Somebody' : contest.by.join(', ');
  const message =
    `${who} changes or deletes the ${kind} ${name} each time that the operator has written it, so that images may not be rewritten. ` +
    'It is written again after a minute at the latest. Take the policy out of what that program manages.';
  return { kind: 'failed', stalled: true, reason: REASONS.policyOverwritten, message };
}

function isContested({ times }: Contest): boolean {
  return times > FREE_TIMES;
}
