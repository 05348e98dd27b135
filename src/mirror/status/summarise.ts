import { conditionsOf, findCondition } from '../../api/conditions.js';
import type { ConditionType, Finding } from '../../api/conditions.js';
import { ANNOTATIONS } from '../../api/group.js';
import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import type { Endpoint, Project } from '../../harbor/types.js';
import type { HarborFindings } from '../look/findings.js';
import { harborStatusOf } from './harbor-status.js';
import { unhealthiness } from '../../harbor/upstream-hints.js';
import type { HarborLookResult } from '../look/look-result.js';
import type { ProbeFinding } from '../probe/finding.js';
import type { FormerHarbors } from '../migration/former-harbors.js';
import { finding, policyFinding, unrewrittenFinding } from './policy-finding.js';
import type { PolicyState } from '../../policies/state.js';
import type { Verdict } from '../../api/verdict.js';

export interface SummaryInput {
  readonly mirror: RegistryMirror;
  readonly hosts: readonly string[];
  readonly verdict: Verdict;
  readonly harbor: HarborFindings | undefined;
  readonly policy: PolicyState;
  readonly former: FormerHarbors;
  /** In words: how the project stays although the spec says otherwise, and until when. */
  readonly waitsFor?: string;
  /** In words: that a project that the mirror moved away from stays, and why. */
  readonly stays?: string;
  /** Namespaces that don't take the pull Secret; undefined where there are none. */
  readonly pullWarning?: HarborLookResult['pullWarning'];
  /** In words: what the mirror's Pods need and runs among them; undefined where nothing does. */
  readonly exposed?: string | undefined;
  /** In words: why Pods that are stuck don't fall back. */
  readonly fallbackProblem?: string | undefined;
  /** What asking the cache for the image of spec.probe came to; undefined without one. */
  readonly probe?: ProbeFinding | undefined;
  /** Actions that suspension holds back, in words. */
  readonly heldBack: readonly string[];
  /** RFC 3339. */
  readonly now: string;
}

const HOLD_REASON = { created: REASONS.created, adopted: REASONS.adopted, used: REASONS.used } as const;

/** The whole status of a mirror, from what one look at it found. Pure. */
export function summarise(input: SummaryInput): RegistryMirrorStatus {
  const { mirror, harbor, policy } = input;
  const before = mirror.status;
  const ready = readyFinding(input);
  const findings = [ready, ...partFindings(input), ...progress(ready, input)];
  const generation = mirror.metadata.generation ?? 0;
  const requestedAt = mirror.metadata.annotations?.[ANNOTATIONS.requestedAt] ?? before.lastHandledReconcileAt;
  const pullPrefix = harbor?.pullPrefix ?? before.pullPrefix;
  const policyRef = policyOf(policy, before);
  const harborStatus = harborStatusOf(mirror, harbor);
  return {
    observedGeneration: generation,
    ...(requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt }),
    ...(pullPrefix === undefined ? {} : { pullPrefix }),
    hosts: input.hosts,
    ...(harborStatus === undefined ? {} : { harbor: harborStatus }),
    ...(input.former.list.length === 0 ? {} : { formerHarbors: input.former.list }),
    ...(policyRef === undefined ? {} : { policy: policyRef }),
    conditions: conditionsOf(findings, before.conditions, generation, input.now),
  };
}

/** The policy of before stays until the mirror is known to be out of it: by that alone a restarted operator knows what a webhook still shows. */
function policyOf(policy: PolicyState, before: RegistryMirrorStatus): RegistryMirrorStatus['policy'] {
  if (policy.kind === 'unknown') return before.policy;
  if (policy.kind === 'pending') return policy.policy ?? before.policy;
  return policy.kind === 'inForce' ? policy.policy : undefined;
}

/** Reconciling and Stalled say the same as Ready, and are there only while true. What is suspended is neither. */
function progress(ready: Finding, input: SummaryInput): readonly Finding[] {
  if (isStalled(input)) return [{ ...ready, type: 'Stalled', status: 'True' }];
  const isAtIt = ready.status !== 'True' && input.heldBack.length === 0;
  return isAtIt ? [{ ...ready, type: 'Reconciling', status: 'True' }] : [];
}

function isStalled({ verdict, policy }: SummaryInput): boolean {
  return verdict.kind === 'stalled' || (policy.kind === 'failed' && policy.stalled);
}

function readyFinding(input: SummaryInput): Finding {
  const { verdict, policy, mirror, heldBack, harbor } = input;
  if (verdict.kind === 'stalled') return finding('Ready', 'False', verdict.reason, verdict.message);
  if (verdict.kind === 'waiting' && !servesAllTheSame(input)) {
    return finding('Ready', 'False', verdict.reason, verdict.message);
  }
  if (heldBack.length > 0) {
    return finding('Ready', 'False', REASONS.suspended, `Suspended; would ${heldBack.join('; ')}.`);
  }
  if (policy.kind === 'failed') return finding('Ready', 'False', policy.reason, policy.message);
  const prefix = harbor?.pullPrefix ?? mirror.status.pullPrefix ?? '';
  const hosts = input.hosts.join(', ');
  if (policy.kind === 'unknown') return finding('Ready', 'Unknown', REASONS.policyUnknown, policy.message);
  if (mirror.spec.rewrite.engine === 'None') {
    return unrewrittenFinding('Ready', policy, {
      reason: REASONS.succeeded,
      message: `${prefix} caches ${hosts}; Pods are not rewritten (engine None).`,
    });
  }
  if (policy.kind !== 'inForce') {
    const message =
      (policy.kind === 'pending' ? policy.message : undefined) ?? 'The policy is written and not yet in force.';
    return finding('Ready', 'False', REASONS.policyPending, message);
  }
  if (input.waitsFor !== undefined) {
    return finding('Ready', 'False', REASONS.progressing, `The project stays ${input.waitsFor}.`);
  }
  return finding('Ready', 'True', REASONS.succeeded, `New Pods pull images of ${hosts} through ${prefix}.`);
}

/**
 * A write that Harbor refused because of the upstream leaves the old state, which goes on serving: Ready stays, and
 * UpstreamReachable tells.
 */
function servesAllTheSame({ harbor, policy, mirror }: SummaryInput): boolean {
  const isInPlace = policy.kind === 'inForce' || mirror.spec.rewrite.engine === 'None';
  return harbor?.upstreamProblem !== undefined && isInPlace && Boolean(harbor.project);
}

function partFindings(input: SummaryInput): readonly Finding[] {
  const { harbor, mirror } = input;
  const keep = (type: ConditionType): readonly Finding[] => {
    const before = findCondition(mirror.status.conditions, type);
    return before === undefined
      ? [finding(type, 'Unknown', REASONS.notChecked, 'Not looked at yet.')]
      : [{ type, status: before.status, reason: before.reason, message: before.message }];
  };
  return [
    ...(harbor?.endpoint === undefined
      ? keep('EndpointReady')
      : [endpointFinding(harbor.endpoint, harbor, input.verdict)]),
    ...(harbor?.project === undefined ? keep('ProjectReady') : [projectFinding(harbor.project, harbor, input)]),
    policyFinding(input),
    ...(harbor?.reachable === undefined ? keep('HarborReachable') : [harborFinding(harbor)]),
    ...(harbor?.endpoint || harbor?.upstreamProblem !== undefined
      ? [upstreamFinding(harbor)]
      : keep('UpstreamReachable')),
    ...(harbor !== undefined && harbor.unsupported.length > 0 ? [unsupportedFinding(harbor.unsupported)] : []),
    ...(harbor?.filterWarning === undefined
      ? []
      : [finding('RepositoriesServed', 'False', REASONS.filterNarrower, harbor.filterWarning)]),
    ...formerFindings(input.former),
    ...pullSecretFindings(input),
    ...exposedFindings(input),
    ...fallbackFindings(input),
    ...probeFindings(input),
  ];
}

/** What the mirror doesn't have, and why. */
function notThere(type: 'EndpointReady' | 'ProjectReady', what: string, verdict: Verdict): Finding {
  return verdict.kind === 'stalled'
    ? finding(type, 'False', verdict.reason, verdict.message)
    : finding(type, 'False', REASONS.missing, `Harbor has no ${what} for this mirror.`);
}

function endpointFinding(endpoint: Endpoint | null, { hold = 'created' }: HarborFindings, verdict: Verdict): Finding {
  if (endpoint === null) return notThere('EndpointReady', 'endpoint', verdict);
  const message = `Endpoint ${endpoint.name} (${endpoint.type}, ${endpoint.url}).`;
  return finding('EndpointReady', 'True', HOLD_REASON[hold], message);
}

function projectFinding(
  project: Project | null,
  { hold = 'created' }: HarborFindings,
  { verdict, waitsFor, stays }: SummaryInput,
): Finding {
  if (project === null) return notThere('ProjectReady', 'project', verdict);
  const until = waitsFor === undefined ? '' : `, ${waitsFor}`;
  const message = `Proxy-cache project ${project.name}${until}.${stays === undefined ? '' : ` ${stays}`}`;
  return finding('ProjectReady', 'True', HOLD_REASON[hold], message);
}

function harborFinding(findings: HarborFindings): Finding {
  const { reachable, url, unreachableMessage, isLoginRefused = false, missingPermissions = [] } = findings;
  if (reachable === true && isLoginRefused) {
    const message = `${url} answers, and refuses the operator's login.`;
    return finding('HarborReachable', 'True', REASONS.harborCredentialsRefused, message);
  }
  if (reachable === true && missingPermissions.length > 0) {
    const message = `${url} answers. The robot account lacks: ${missingPermissions.join(', ')}.`;
    return finding('HarborReachable', 'True', REASONS.harborPermissionMissing, message);
  }
  return reachable === true
    ? finding('HarborReachable', 'True', REASONS.healthy, `${url} answers.`)
    : finding('HarborReachable', 'False', REASONS.harborUnreachable, unreachableMessage ?? `${url} does not answer.`);
}

function upstreamFinding({ endpoint, upstreamProblem }: HarborFindings): Finding {
  const problem = upstreamProblem ?? (endpoint ? unhealthiness(endpoint) : undefined);
  return problem !== undefined
    ? finding('UpstreamReachable', 'False', REASONS.upstreamUnhealthy, problem)
    : finding('UpstreamReachable', 'True', REASONS.healthy, 'Harbor reports the upstream as healthy.');
}

function unsupportedFinding(settings: readonly string[]): Finding {
  const message = `Not in force in this Harbor: ${settings.join(', ')}. The rest is in force.`;
  return finding('SettingsSupported', 'False', REASONS.settingUnsupported, message);
}

function formerFindings({ problem }: FormerHarbors): readonly Finding[] {
  if (problem === undefined || problem.kind === 'ready') return [];
  return [finding('FormerHarborsRetired', 'False', problem.reason, problem.message)];
}

function pullSecretFindings({ pullWarning }: SummaryInput): readonly Finding[] {
  return pullWarning === undefined ? [] : [{ type: 'PullSecretsSpread', status: 'False', ...pullWarning }];
}

function exposedFindings({ exposed }: SummaryInput): readonly Finding[] {
  return exposed === undefined ? [] : [finding('NamespacesExcluded', 'False', REASONS.namespaceNotExcluded, exposed)];
}

function fallbackFindings({ fallbackProblem }: SummaryInput): readonly Finding[] {
  if (fallbackProblem === undefined) return [];
  return [finding('FallbackAllowed', 'False', REASONS.fallbackPermissionMissing, fallbackProblem)];
}

function probeFindings({ probe }: SummaryInput): readonly Finding[] {
  return probe === undefined ? [] : [{ type: 'ProbeSucceeded', ...probe }];
}
