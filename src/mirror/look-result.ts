import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { policyEntry } from '../engines/entry.js';
import { policySettings } from '../engines/settings.js';
import type { HarborPlan } from './plan/plan.js';
import type { ServingDecision } from '../policies/state.js';
import type { HarborFindings } from './status/summarise.js';
import type { Verdict } from '../api/verdict.js';
import { stalled } from '../api/verdict.js';

/** What one look at a mirror found and did. */
export interface HarborLookResult {
  readonly verdict: Verdict;
  readonly serving: ServingDecision;
  readonly harbor?: HarborFindings;
  /** Writes that suspension holds back, in words. */
  readonly heldBack: readonly string[];
  /** The longest until the next look, in milliseconds; undefined: the mirror's interval. */
  readonly lookAgainMs?: number;
}

export const KEEP: ServingDecision = { kind: 'keep' };
export const OUT: ServingDecision = { kind: 'out' };

/** What is in Harbor by this plan's picture. */
export function seen(findings: HarborFindings, plan: HarborPlan): HarborFindings {
  return {
    ...findings,
    endpoint: plan.endpoint ?? null,
    project: plan.project ?? null,
    ...(plan.hold === undefined ? {} : { hold: plan.hold }),
  };
}

/** What a mirror that is in sync adds to the policies; nothing where its engine is None. */
export function serving(mirror: RegistryMirror, { pullPrefix = '' }: HarborFindings): ServingDecision {
  const settings = policySettings(mirror.spec);
  return settings === undefined ? OUT : { kind: 'serve', entry: policyEntry(mirror, pullPrefix), settings };
}

/** A private project that Pods get no credentials for is not put into a policy: they could not pull. */
export function privateProblem(
  { spec }: RegistryMirror,
  { project }: HarborFindings,
): Pick<HarborLookResult, 'verdict' | 'serving'> | undefined {
  const { engine, pullSecret, nodesAuthenticate } = spec.rewrite;
  if (project?.metadata.public !== 'false' || engine === 'None' || pullSecret === 'Inject' || nodesAuthenticate) {
    return undefined;
  }
  const message =
    `Project ${project.name} is private, so Pods can't pull from it. Set spec.project.public to true, ` +
    'spec.rewrite.pullSecret to Inject, or spec.rewrite.nodesAuthenticate to true where nodes have credentials for Harbor.';
  return { verdict: stalled(REASONS.projectPrivate, message), serving: KEEP };
}
