import { findCondition } from '../../api/conditions.js';
import type { ConditionType, Finding } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { Reason } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Verdict } from '../../api/verdict.js';
import type { PolicyState } from '../../policies/state.js';
import type { HarborFindings } from '../look/findings.js';

interface PolicyFindingInput {
  readonly mirror: RegistryMirror;
  readonly verdict: Verdict;
  readonly harbor: HarborFindings | undefined;
  readonly policy: PolicyState;
}

const NOT_INCLUDED =
  'In no policy: Pods get its images through another mirror of the host, where one serves them, else from upstream.';

export function finding(type: ConditionType, status: Finding['status'], reason: Reason, message: string): Finding {
  return { type, status, reason, message };
}

/** What a mirror with engine None says once it is out of the policies, and until then that it isn't. */
export function unrewrittenFinding(
  type: 'Ready' | 'PolicyReady',
  policy: PolicyState,
  { reason, message }: { readonly reason: Reason; readonly message: string },
): Finding {
  if (policy.kind === 'absent') return finding(type, 'True', reason, message);
  const still = `Pods are still rewritten, although the engine is None.${because(policy)}`;
  return finding(type, 'False', REASONS.policyPending, still);
}

/** How the mirror stands in the policies. Pure. */
export function policyFinding(input: PolicyFindingInput): Finding {
  const { policy, mirror } = input;
  if (mirror.spec.rewrite.engine === 'None' && policy.kind !== 'unknown') {
    const message = 'spec.rewrite.engine is None: Pods are not rewritten.';
    return unrewrittenFinding('PolicyReady', policy, { reason: REASONS.rewriteDisabled, message });
  }
  switch (policy.kind) {
    case 'inForce':
      return finding(
        'PolicyReady',
        'True',
        REASONS.inForce,
        `${policy.policy.kind} ${policy.policy.name} is in force.${chosenBecause(policy.policy)}`,
      );
    case 'failed':
      return finding('PolicyReady', 'False', policy.reason, policy.message);
    case 'unknown':
      return finding('PolicyReady', 'Unknown', REASONS.policyUnknown, policy.message);
    case 'pending':
      return isWithdrawal(input)
        ? withdrawnFinding(`Being taken out of the policy while ${obstacle(input)}.${because(policy)}`)
        : finding('PolicyReady', 'False', REASONS.policyPending, policy.message ?? 'The policy is not yet in force.');
    case 'absent':
      return isWithdrawal(input)
        ? withdrawnFinding(`Taken out of the policy while ${obstacle(input)}: new Pods pull from upstream.`)
        : finding('PolicyReady', 'False', REASONS.notIncluded, NOT_INCLUDED);
  }
}

/**
 * Whether the mirror is out of the policy only because its Harbor, or the upstream, is down: it was in before. This is kept in the status, so that a mirror that was
 * suspended meanwhile comes back, and one that never served does not come in.
 */
function isWithdrawal({ harbor, mirror, verdict }: PolicyFindingInput): boolean {
  const before = findCondition(mirror.status.conditions, 'PolicyReady')?.reason;
  const isOut = harbor?.reachable === false || harbor?.isUpstreamOut === true;
  if (before === REASONS.inForce) return isOut;
  return before === REASONS.withdrawn && (isOut || verdict.kind === 'waiting');
}

function obstacle({ harbor }: PolicyFindingInput): string {
  return harbor?.isUpstreamOut === true ? "Harbor can't pull from the upstream" : 'Harbor is down';
}

function withdrawnFinding(message: string): Finding {
  return finding('PolicyReady', 'False', REASONS.withdrawn, message);
}

function chosenBecause({ because: why }: { readonly because?: string }): string {
  return why === undefined ? '' : ` Engine Auto came to it, since ${why}.`;
}

function because(policy: PolicyState): string {
  const message = policy.kind === 'pending' ? policy.message : undefined;
  return message === undefined ? '' : ` ${message}`;
}
