import { REASONS } from '../../api/reasons.js';
import { stalled, waiting } from '../../api/verdict.js';
import type { Verdict } from '../../api/verdict.js';
import type { Availability, PullHost } from '../../harbor/session/facts.js';
import { NOTHING_KNOWN, unseen } from './look-result.js';
import type { HarborLookResult } from './look-result.js';
import type { HarborFindings } from './findings.js';

/** What is said of a Harbor before it is looked at. */
export type BaseFindings = Omit<HarborFindings, 'reachable'>;

/** A session has its mirrors looked at when it has news: this is only a second net. */
const RETRY_MS = 60_000;
const FIRST_ANSWER_MS = 10_000;

/** How often a Harbor is asked that gives no answer: `once` on the command line. */
export type Asks = 'again' | 'once';

const NEXT: Readonly<Record<Asks, string>> = { again: ' It is asked again and again.', once: '' };

/** What becomes of new Pods while Harbor is down: the mirror's `onHarborUnavailable`, unless they aren't sent there anyway, or nobody knows. */
const EFFECTS = {
  Withdraw: 'New Pods pull from upstream until it is back.',
  Keep: 'New Pods are still sent to it (onHarborUnavailable is Keep).',
  elsewhere: 'New Pods are still sent to the Harbor of before.',
  unknown: "Where new Pods are sent isn't known, since not all policies can be read.",
} as const;

/** The look at a mirror whose Harbor is down. Pure. */
export function lookWhileDown(problem: string, base: BaseFindings, effect: keyof typeof EFFECTS): HarborLookResult {
  const isOfThisHarbor = effect === 'Withdraw' || effect === 'Keep';
  const message = `Harbor ${base.url} is down: ${problem}. ${EFFECTS[effect]}`;
  return {
    ...unseen(waiting(REASONS.harborUnreachable, message, RETRY_MS)),
    pulls: { ...NOTHING_KNOWN, harbor: isOfThisHarbor ? 'down' : 'unknown' },
    harbor: { ...base, reachable: false, unreachableMessage: message },
  };
}

/** The look at a mirror whose Harbor can't be looked at now, for another reason than being down. Nothing is withdrawn for it. Pure. */
export function lookBefore(
  availability: Exclude<Availability, { kind: 'up' | 'down' }>,
  base: BaseFindings,
  asks: Asks,
): HarborLookResult {
  if (availability.kind === 'loginRefused') {
    const message =
      `Harbor ${base.url} refuses the operator's login: ${availability.message}. Is the password right, and is the robot account there, ` +
      'enabled and not expired? Correct the login in its Secret, or where else it is given. New Pods pull as before.';
    const verdict = waiting(REASONS.harborCredentialsRefused, message, RETRY_MS);
    return unseen(verdict, { ...base, reachable: true, isLoginRefused: true });
  }
  if (availability.problem === undefined) {
    return {
      ...unseen(waiting(REASONS.progressing, `Harbor ${base.url} is being asked.`)),
      quietForMs: FIRST_ANSWER_MS,
    };
  }
  const message = `Harbor can't be reached at ${base.url}: ${availability.problem}.${NEXT[asks]}`;
  return unseen(waiting(REASONS.harborUnreachable, message, RETRY_MS), { ...base, reachable: undefined });
}

/** Why it isn't known where nodes pull from. Pure. */
export function noPullHost(url: string, pullHost: Exclude<PullHost, { kind: 'known' }>, asks: Asks): Verdict {
  if (pullHost.kind === 'unsaid') {
    const message = `Harbor ${url} doesn't say where nodes pull from. Set spec.harbor.pullHost.`;
    return stalled(REASONS.harborNotConfigured, message);
  }
  const why = pullHost.problem === undefined ? '' : `: ${pullHost.problem}`;
  const message = `Harbor ${url} hasn't said yet where nodes pull from${why}.${NEXT[asks]}`;
  return waiting(REASONS.harborError, message, RETRY_MS);
}
