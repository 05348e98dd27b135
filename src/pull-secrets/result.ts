import type { CopiesOutcome } from './apply.js';
import type { LoginResult } from './logins/logins.js';
import type { PullPlan } from './plan.js';
import { REASONS } from '../api/reasons.js';
import type { Reason } from '../api/reasons.js';
import type { PullAccess } from './cluster.js';
import type { RefusedCopy } from './memory.js';
import type { Project } from '../harbor/types.js';
import type { Verdict } from '../api/verdict.js';
import { stalled, waiting } from '../api/verdict.js';

const PERMISSION_MESSAGE =
  'spec.rewrite.pullSecret Inject needs rights that the operator lacks: to see namespaces, and to write Secrets in them. ' +
  "Turn features.pullSecrets on in the chart's values, or run kubectl apply -k config/components/pull-secrets.";
/** A message names at most so many of the namespaces that refuse a Secret. */
const SHOWN = 5;
/** Somebody has to do something about a refusal, and no event tells of it: a Secret of somebody else's isn't watched. */
const REFUSED_RETRY_MS = 60_000;

/** Namespaces that don't take a mirror's pull Secret: no problem of the mirror's, and worth a warning. */
interface PullWarning {
  readonly reason: Reason;
  readonly message: string;
}

/** Why pull Secrets can't be seen to: the operator lacks rights, or hasn't read the namespaces yet. */
export function accessProblem(access: Exclude<PullAccess, 'ready'>): Verdict {
  return access === 'forbidden'
    ? stalled(REASONS.pullSecretPermissionMissing, PERMISSION_MESSAGE)
    : waiting(REASONS.progressing, 'The namespaces have not been read yet.', 500);
}

/** No namespace takes the Secret: nobody could pull with it. */
function refusedEverywhere(refused: readonly RefusedCopy[]): Verdict {
  const [first] = refused;
  if (refused.every(({ isForbidden }) => isForbidden)) {
    // The reads are allowed: some of the rights are there, or the namespace is going away.
    const message = `${PERMISSION_MESSAGE} The API server says: ${first?.message ?? ''}`;
    return waiting(REASONS.pullSecretPermissionMissing, message, REFUSED_RETRY_MS);
  }
  const { reason, message } = refusalWarning(refused);
  return waiting(reason, message, REFUSED_RETRY_MS);
}

/** What is said of namespaces that refuse the Secret while others have it. */
function refusalWarning(refused: readonly RefusedCopy[]): PullWarning {
  const sorted = refused.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const shown = sorted.slice(0, SHOWN).map((copy) => `${keyOf(copy)} (${whyOf(copy)})`);
  const more = sorted.length > SHOWN ? `, and ${sorted.length - SHOWN} more` : '';
  const where = new Set(sorted.map(({ namespace }) => namespace)).size;
  const spaces = where === 1 ? '1 namespace does' : `${where} namespaces do`;
  const isTaken = refused.every((copy) => copy.isTaken);
  return {
    reason: isTaken ? REASONS.pullSecretConflict : REASONS.pullSecretRefused,
    message:
      `${spaces} not take the pull Secret, so Pods there can't pull from the project while it is private: ` +
      `${shown.join(', ')}${more}. It is tried again by itself.`,
  };
}

/** When to look again at what was refused: each try is a write, so many of them come less often. */
function retryMsOf({ size }: ReadonlyMap<string, RefusedCopy>): number | undefined {
  return size === 0 ? undefined : Math.max(REFUSED_RETRY_MS, size * 1000);
}

function keyOf({ namespace, name }: RefusedCopy): string {
  return `${namespace}/${name}`;
}

function whyOf({ isTaken, message }: RefusedCopy): string {
  return isTaken ? "a Secret of somebody else's has this name: delete it" : message;
}

/** How a mirror's Harbor side stands: what its Pods are to pull from. */
export interface PullSubject {
  readonly verdict: Verdict;
  readonly harbor?: {
    /** `host[:port]/project`; undefined where Harbor could not be asked. */
    readonly pullPrefix?: string;
    readonly project?: Pick<Project, 'id' | 'name'> | null;
  };
}

/** What a look at a mirror's pull Secrets came to. */
export interface PullResult {
  /** Why the mirror isn't let in, or isn't in order. */
  readonly problem?: Verdict;
  /** Whether Pods that are sent to what the mirror is to serve have what it takes to pull from there. */
  readonly canPull: boolean;
  /** Namespaces that don't take the Secret: this holds up nothing. */
  readonly warning?: PullWarning;
  readonly lookAgainMs?: number;
}

interface ResultInput {
  readonly subject: PullSubject;
  readonly isWanted: boolean;
  readonly login: LoginResult;
  readonly plan: PullPlan;
  readonly outcome: CopiesOutcome;
}

/** What follows from a look, once its plan is carried out. Pure. */
export function resultOf(input: ResultInput): PullResult {
  const { isWanted, login, plan, outcome } = input;
  const again = againIn(input);
  if (!isWanted) return { canPull: true, ...again };
  const refused = [...outcome.refused.values()].filter(({ isDeletion }) => !isDeletion);
  const { current } = plan;
  const missing = refused.filter(({ name }) => name === current?.name);
  const isMissingEverywhere = missing.length > 0 && missing.length === current?.copies;
  const problem = login.problem ?? (isMissingEverywhere ? refusedEverywhere(missing) : undefined);
  return {
    canPull: current !== undefined && !isMissingEverywhere,
    ...again,
    ...(problem === undefined ? {} : { problem }),
    ...(refused.length === 0 || isMissingEverywhere ? {} : { warning: refusalWarning(refused) }),
  };
}

/** The soonest of what there is to wait for. While the mirror's Harbor side isn't in order, that is looked at sooner anyway. */
function againIn({ subject, isWanted, login, plan, outcome }: ResultInput): Pick<PullResult, 'lookAgainMs'> {
  const usage = subject.verdict.kind === 'ready' || !isWanted ? plan.lookAgainMs : undefined;
  const waits = [usage, login.lookAgainMs, retryMsOf(outcome.refused)].filter((ms) => ms !== undefined);
  return waits.length === 0 ? {} : { lookAgainMs: Math.min(...waits) };
}
