import { REASONS } from '../api/reasons.js';
import type { RenderedPolicy } from '../engines/policy.js';
import type { PolicyEngine } from '../engines/settings.js';
import type { PolicyState } from './state.js';

/** Why a policy can't be in the cluster. */
export type Refusal = Extract<PolicyState, { kind: 'failed' }>;

/** The API server or Kyverno doesn't take the policy. */
export function refusedPolicy({ kind, name, entries }: RenderedPolicy, answer: string): Refusal {
  const message = `The ${kind} ${name} (${entries.length} mirrors) is refused: ${answer}`;
  return { kind: 'failed', stalled: true, reason: REASONS.policyRefused, message };
}

/**
 * The cluster has no such kind of policy.
 *
 * @param serves - what it has
 */
export function missingApi(kind: PolicyEngine, serves: (kind: PolicyEngine) => boolean | undefined): Refusal {
  const engines: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
  const served = engines.filter((engine) => serves(engine) === true);
  const alternatives = served.length === 0 ? 'None' : [...served, 'None'].join(', ');
  const needs = kind === 'MutatingAdmissionPolicy' ? 'Kubernetes 1.36 or later' : 'Kyverno';
  return {
    kind: 'failed',
    stalled: true,
    reason: REASONS.engineUnavailable,
    message: `This cluster has no ${kind} API (it comes with ${needs}). Set spec.rewrite.engine to one of: ${alternatives}.`,
  };
}
