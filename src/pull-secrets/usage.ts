import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PullSecret } from './pull-secret.js';

/** How soon Secrets that Pods may still be told to use are looked at again. */
const STILL_USED_MS = 2000;

interface UsageInput {
  /** The mirror's pull Secrets in the operator's namespace. */
  readonly secrets: readonly PullSecret[];
  /** The pull prefix that the mirror is to serve with a Secret. */
  readonly current: string | undefined;
  /** The pull prefixes that policies name, or may name in a moment; undefined where that isn't known. */
  readonly named: ReadonlySet<string> | undefined;
  /** Since when a Secret has been named by no policy, by the same clock as `now`. */
  readonly unusedSince: ReadonlyMap<string, number>;
  /** ms of a clock that never goes back. */
  readonly now: number;
  /** How long a Secret stays that no policy names any more: Pods that were made before may have yet to pull. */
  readonly retireAfterMs: number;
}

/** Which Secrets Pods may be using, and when one of them may not be any more. */
export interface Usage {
  readonly used: readonly PullSecret[];
  readonly unused: readonly PullSecret[];
  /** To be remembered for the next look. */
  readonly unusedSince: ReadonlyMap<string, number>;
  readonly lookAgainMs?: number;
}

/**
 * Sorts a mirror's Secrets into those that Pods may be told to use, for what the mirror serves and for what a policy still names or may
 * name, those that Pods were told to use until a moment ago, and the rest. Pure.
 */
export function usageOf({ secrets, current, named, unusedSince, now, retireAfterMs }: UsageInput): Usage {
  const used: PullSecret[] = [];
  const unused: PullSecret[] = [];
  const since = new Map<string, number>();
  const waits: number[] = [];
  for (const pull of secrets) {
    const { name } = pull.secret.metadata;
    const { pullPrefix } = pull.record;
    const isNamed = named === undefined || named.has(pullPrefix);
    if (isNamed || pullPrefix === current) {
      used.push(pull);
      if (pullPrefix !== current) waits.push(STILL_USED_MS);
      continue;
    }
    const from = unusedSince.get(name) ?? now;
    const leftMs = from + retireAfterMs - now;
    if (leftMs <= 0) unused.push(pull);
    else {
      used.push(pull);
      since.set(name, from);
      waits.push(leftMs);
    }
  }
  return { used, unused, unusedSince: since, ...(waits.length === 0 ? {} : { lookAgainMs: Math.min(...waits) }) };
}

/** Whether the mirror's Pods get pull Secrets. */
export function usesPullSecrets({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.pullSecret === 'Inject' && rewrite.engine !== 'None';
}
