import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { parseDuration } from '../api/spec/duration.js';
import type { WorkResult } from '../kubernetes/queue/work-result.js';
import type { HarborLookResult } from './look/look-result.js';
import type { FormerHarbors } from './migration/former-harbors.js';

/** An endpoint that Harbor calls unhealthy is pinged this often. */
const UNHEALTHY_RETRY_MS = 30_000;
/** The least pause before something that waits is looked at again. */
const LEAST_RETRY_MS = 100;

interface NextLookOptions {
  /** The shortest `spec.interval` that is honoured. */
  readonly minIntervalMs: number;
  /** From 0 (in) to 1 (out). */
  readonly random: () => number;
}

/** When a mirror is looked at again once its status is written: soon where something waits, else after its interval. */
export function nextLook(
  mirror: RegistryMirror,
  { verdict, harbor, lookAgainMs = Infinity }: Pick<HarborLookResult, 'verdict' | 'harbor' | 'lookAgainMs'>,
  former: Pick<FormerHarbors, 'lookAgainMs'>,
  { minIntervalMs, random }: NextLookOptions,
): WorkResult {
  // Looked at steadily, without a pause that grows, so that Pods come back soon after the upstream.
  const waitsForUpstream =
    harbor?.isUpstreamOut === true && verdict.kind === 'waiting' && verdict.reason === REASONS.upstreamUnhealthy;
  if (verdict.kind === 'waiting' && !waitsForUpstream) return { retryAfterMs: verdict.retryAfterMs ?? LEAST_RETRY_MS };
  const jitter = 0.9 + random() * 0.2;
  const interval = Math.max(minIntervalMs, parseDuration(mirror.spec.interval)) * jitter;
  const isUnhealthy = harbor?.endpoint?.status === 'unhealthy' && harbor.hold !== 'used';
  const soon = Math.min(
    lookAgainMs,
    former.lookAgainMs ?? Infinity,
    isUnhealthy ? UNHEALTHY_RETRY_MS * jitter : Infinity,
  );
  return { requeueAfterMs: Math.min(interval, soon) };
}
