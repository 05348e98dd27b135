import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { Reason } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { HarborPlan } from '../plan/plan-input.js';
import type { PullResult } from '../../pull-secrets/result.js';
import type { RoutingFacts } from '../routing.js';
import type { HarborFindings } from './findings.js';
import type { Verdict } from '../../api/verdict.js';
import { stalled } from '../../api/verdict.js';

/** What a look at Harbor tells about where Pods can pull from. */
export type PullFacts = Pick<RoutingFacts, 'harbor' | 'upstream' | 'servedProject' | 'canPull'>;

/** What one look at a mirror found and did. */
export interface HarborLookResult {
  readonly verdict: Verdict;
  readonly pulls: PullFacts;
  readonly harbor?: HarborFindings;
  /** Writes that suspension holds back, in words. */
  readonly heldBack: readonly string[];
  /**
   * Harbor hasn't answered yet, or the mirror is going: nothing is said in the status, and the mirror is looked at again when there is news of that, or
   * after so many ms.
   */
  readonly quietForMs?: number;
  /** In words: how the project stays although the spec says otherwise, and until when. */
  readonly waitsFor?: string;
  /** In words: that a project that the mirror moved away from stays, and why. */
  readonly stays?: string;
  /** Namespaces that don't take the mirror's pull Secret: this holds up nothing. */
  readonly pullWarning?: { readonly reason: Reason; readonly message: string };
  /** The longest until the next look, in milliseconds; undefined: the mirror's interval. */
  readonly lookAgainMs?: number;
  /** After how many ms what the mirror served from before may go, at the earliest; undefined: nobody knows yet. */
  readonly retireInMs?: number;
}

/** What is known before Harbor was looked at. */
export const NOTHING_KNOWN: PullFacts = {
  harbor: 'unknown',
  upstream: 'unknown',
  servedProject: 'unknown',
  canPull: true,
};

/** A look that ended before Harbor was looked at. */
export function unseen(verdict: Verdict, harbor?: HarborFindings): HarborLookResult {
  return { verdict, pulls: NOTHING_KNOWN, heldBack: [], ...(harbor === undefined ? {} : { harbor }) };
}

/** What is in Harbor by this plan's picture. */
export function seen(findings: HarborFindings, plan: HarborPlan): HarborFindings {
  return {
    ...findings,
    endpoint: plan.endpoint ?? null,
    project: plan.project ?? null,
    ...(plan.hold === undefined ? {} : { hold: plan.hold }),
  };
}

/** Why Pods that are sent to this project could not pull: it is private, and they get no credentials for it. */
export function privateProblem(
  { spec }: RegistryMirror,
  { project }: Pick<HarborFindings, 'project'>,
): Verdict | undefined {
  const { engine, pullSecret, nodesAuthenticate } = spec.rewrite;
  if (project?.metadata.public !== 'false' || engine === 'None' || pullSecret === 'Inject' || nodesAuthenticate) {
    return undefined;
  }
  const message =
    `Project ${project.name} is private, so Pods can't pull from it. Set spec.project.public to true, ` +
    'spec.rewrite.pullSecret to Inject, or spec.rewrite.nodesAuthenticate to true where nodes have credentials for Harbor.';
  return stalled(REASONS.projectPrivate, message);
}

/** Whether another mirror has a host that this one wants. */
export function hasLostHost({ verdict }: Pick<HarborLookResult, 'verdict'>): boolean {
  return verdict.kind === 'stalled' && verdict.reason === REASONS.hostConflict;
}

/**
 * What a look comes to for the routing. Pure.
 *
 * @param isIncluded - whether a policy has the mirror now, or is about to
 */
export function routingFacts(
  { metadata, spec, status }: RegistryMirror,
  look: HarborLookResult,
  isIncluded: boolean,
): RoutingFacts {
  const { verdict, heldBack, pulls } = look;
  const isWithdrawn = findCondition(status.conditions, 'PolicyReady')?.reason === REASONS.withdrawn;
  return {
    ...pulls,
    isDeleted: metadata.deletionTimestamp !== undefined,
    rewritesNothing: spec.rewrite.engine === 'None',
    hasLostHost: hasLostHost(look),
    withdrawsWhileDown: spec.rewrite.onHarborUnavailable === 'Withdraw',
    withdrawsWithoutUpstream: spec.rewrite.onUpstreamUnavailable === 'Withdraw',
    isInSync: verdict.kind === 'ready' && heldBack.length === 0,
    isSuspended: spec.suspend,
    wasWithdrawn: isWithdrawn && !isIncluded,
  };
}

/** A mirror that is in the policies stays; one that isn't waits. What the look found wrong goes first. Pure. */
export function withPullResult(
  look: HarborLookResult,
  { problem, canPull, warning, lookAgainMs }: PullResult,
): HarborLookResult {
  // What the project's change waits for can't come while the user has to act.
  const isInVain = look.waitsFor !== undefined && problem?.kind === 'stalled';
  const soonest = Math.min((isInVain ? undefined : look.lookAgainMs) ?? Infinity, lookAgainMs ?? Infinity);
  return {
    ...look,
    verdict: problem !== undefined && look.verdict.kind === 'ready' ? problem : look.verdict,
    pulls: { ...look.pulls, canPull: look.pulls.canPull && canPull },
    ...(warning === undefined ? {} : { pullWarning: warning }),
    ...(soonest === Infinity ? {} : { lookAgainMs: soonest }),
  };
}
