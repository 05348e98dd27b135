import { REASONS } from '../../api/reasons.js';
import { ENGINE_KINDS, ENGINES } from '../../engines/engines.js';
import { entryText } from '../../engines/entry.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import type { PolicyEngine } from '../../engines/settings.js';
import { isKubernetesError } from '../../kubernetes/errors.js';
import { backoffMs } from '../../kubernetes/backoff.js';
import { answered, byMirror, withoutFailure } from '../memory.js';
import type { PolicyMemory } from '../memory.js';
import type { Knowledge } from '../observe/picture.js';
import type { FailedState } from '../state.js';
import { triesAfterRefusal, wantedText } from './trial.js';
import type { Blocked, Trial } from './trial.js';

/** What was refused may be allowed by and by: rights that were granted, or a webhook that was changed, send no event. */
const RETRY = { baseMs: 60_000, ceilingMs: 3_600_000, random: () => 1 };
const FAILURE = { baseMs: 500, ceilingMs: 60_000, random: () => 1 };

/** A write that was tried. */
interface TriedWrite {
  readonly policy: RenderedPolicy;
  readonly trial: Trial;
}

/** What is remembered after a write was not accepted. */
export function notAccepted(memory: PolicyMemory, write: TriedWrite, error: unknown, now: number): PolicyMemory {
  const before = answered(memory, now);
  // By what the operator may do, whatever the policy has.
  if (isKubernetesError(error, 'forbidden')) return wholly(before, write, refused(write.policy, error.message), now);
  if (isRefusal(error)) return refusedFor(before, write, error.message, now);
  return failed(before, error, now);
}

/** Whether the content was refused, so that the same will be again. A proxy or etcd may find it too large. */
function isRefusal(error: unknown): error is Error {
  if (!isKubernetesError(error)) return false;
  return error.kind === 'invalid' || error.status === 413 || error.message.includes('request is too large');
}

function refusedFor(memory: PolicyMemory, write: TriedWrite, answer: string, now: number): PolicyMemory {
  const { policy, trial } = write;
  const tries = triesAfterRefusal(trial);
  if (tries === undefined) return wholly(memory, write, refused(policy, answer), now);
  const blocked = new Map(memory.refusal?.blocked);
  const [culprit, other] = trial.adding;
  if (culprit !== undefined && other === undefined) {
    blocked.set(culprit, blockedBy(policy, culprit, blocked.get(culprit), answer, now));
  }
  return { ...withoutFailure(memory), refusal: { tries, blocked } };
}

function blockedBy(
  policy: RenderedPolicy,
  mirror: string,
  before: Blocked | undefined,
  answer: string,
  now: number,
): Blocked {
  const found = byMirror(policy.entries).get(mirror);
  const entry = found === undefined ? '' : entryText(found);
  const times = before?.entry === entry ? before.times + 1 : 1;
  const message = `The ${policy.kind} ${policy.name} is refused with this mirror in it, and its other mirrors are served without it: ${answer}`;
  return { entry, message, times, retryAt: now + backoffMs(times, RETRY) };
}

function wholly(memory: PolicyMemory, { trial }: TriedWrite, state: FailedState, now: number): PolicyMemory {
  const whole = { wanted: wantedText(trial.wanted), state, retryAt: now + RETRY.baseMs };
  return { ...withoutFailure(memory), refusal: { tries: [], blocked: new Map(memory.refusal?.blocked), whole } };
}

/** What is remembered after a write whose outcome says nothing of its content: it is tried again, after a pause that grows. */
export function failed(memory: PolicyMemory, error: unknown, now: number): PolicyMemory {
  const times = (memory.failure?.times ?? 0) + 1;
  const message = error instanceof Error ? error.message : String(error);
  return { ...memory, failure: { message, times, retryAt: now + backoffMs(times, FAILURE) } };
}

/** The API server or Kyverno doesn't take the policy, whatever its mirrors have. */
function refused({ kind, name, entries }: RenderedPolicy, answer: string): FailedState {
  const message = `The ${kind} ${name} (${entries.length} mirrors) is refused: ${answer}`;
  return { kind: 'failed', stalled: true, reason: REASONS.policyRefused, message };
}

/** The cluster has no such kind of policy. */
export function missingApi(kind: PolicyEngine, knowledge: Readonly<Record<PolicyEngine, Knowledge>>): FailedState {
  const served = ENGINE_KINDS.filter((engine) => engine !== kind && knowledge[engine].kind === 'known');
  const alternatives = [...served, 'None'].join(', ');
  return {
    kind: 'failed',
    stalled: true,
    reason: REASONS.engineUnavailable,
    message: `This cluster has no ${kind} API that the operator can use (it comes with ${ENGINES[kind].requires}). Set spec.rewrite.engine to one of: ${alternatives}.`,
  };
}

/** The cluster has none of the kinds that Auto may come to. */
export function missingApis(engines: readonly PolicyEngine[]): FailedState {
  const needs = engines.map((engine) => `${engine} comes with ${ENGINES[engine].requires}`);
  return {
    kind: 'failed',
    stalled: true,
    reason: REASONS.engineUnavailable,
    message: `This cluster has the API of no engine that Auto may choose: ${needs.join('; ')}.`,
  };
}
