import type { PullAccess } from './cluster.js';
import { namespacedName } from '../kubernetes/objects.js';
import { pullSecretName } from '../engines/pull-secret.js';
import { planCopies } from './copies.js';
import type { CopiesPlan, CopyAction } from './copies.js';
import type { LoginResult } from './logins/logins.js';
import type { PullMemory } from './memory.js';
import type { PullObservation } from './observe.js';
import { isUsable } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import { usageOf } from './usage.js';
import type { Usage } from './usage.js';

/** What is to be written so that Pods have what they may need, and nothing else is left. */
export interface PullPlan {
  readonly copies: readonly CopyAction[];
  /** The Secret for what the mirror is to serve, and how many copies of it there are to be; undefined where there is none. */
  readonly current?: { readonly name: string; readonly copies: number };
  /** Secrets of the operator's namespace that go, with their robot accounts. */
  readonly drop: readonly PullSecret[];
  readonly unusedSince: PullMemory['unusedSince'];
  readonly lookAgainMs?: number;
}

/**
 * Compares what is there with what Pods may need. Pure.
 *
 * @param login - with the mirror's Secrets in the operator's namespace, and the login that was made just now
 */
export function planPulls(
  observation: PullObservation,
  { secrets, problem }: Pick<LoginResult, 'secrets' | 'problem'>,
  { unusedSince }: Pick<PullMemory, 'unusedSince'>,
): PullPlan {
  const { mirror, isWanted, current, copies, namespaces, excludedNamespaces } = observation;
  // Where Harbor could not be asked, what was served goes on being served.
  const usage: Usage =
    isWanted && current === undefined
      ? { used: secrets, unused: [], unusedSince }
      : usageOf({ ...observation, secrets, unusedSince, current: isWanted ? current : undefined });
  const input = { mirror, namespaces, excludedNamespaces };
  const serving = usage.used.find(({ record }) => isWanted && record.pullPrefix === current);
  // Copies of a Secret that somebody has deleted, and that can't be made anew now, are all that Pods have to pull with.
  const lost =
    current === undefined || serving !== undefined
      ? undefined
      : pullSecretName({ mirror: mirror.metadata.name, pullPrefix: current });
  const known = (all: typeof copies): typeof copies => all.filter(({ metadata }) => metadata.name !== lost);
  return {
    copies: planCopies({ ...input, copies: problem === undefined ? copies : known(copies), wanted: usage.used })
      .actions,
    ...(serving === undefined
      ? {}
      : { current: currentOf(serving, planCopies({ ...input, copies: [], wanted: [serving] })) }),
    drop: usage.unused,
    unusedSince: usage.unusedSince,
    ...(usage.lookAgainMs === undefined ? {} : { lookAgainMs: usage.lookAgainMs }),
  };
}

function currentOf({ secret }: PullSecret, { total }: CopiesPlan): NonNullable<PullPlan['current']> {
  return { name: secret.metadata.name, copies: total };
}

/** Whether a Secret is everywhere where Pods may need it. */
export type Spread = 'yes' | 'no' | 'unknown';

/**
 * Whether the Secret for this pull prefix is in every namespace whose Pods are rewritten. A namespace that was seen to refuse it doesn't count, as
 * long as another one takes it: what a tenant does there must not hold up the rest. Pure.
 */
export function spreadOf(
  pullPrefix: string,
  access: PullAccess | 'unwatched',
  { mirror, secrets, copies, namespaces, excludedNamespaces }: PullObservation,
  { refused }: Pick<PullMemory, 'refused'>,
): Spread {
  if (access !== 'ready') return 'unknown';
  const wanted = secrets.filter((secret) => secret.record.pullPrefix === pullPrefix && isUsable(secret));
  if (wanted.length === 0) return 'no';
  const { actions, total } = planCopies({ mirror, wanted, copies, namespaces, excludedNamespaces });
  const missing = actions.filter(({ kind }) => kind !== 'DeleteCopy').map(({ copy }) => namespacedName(copy));
  if (missing.length === 0) return 'yes';
  return missing.length < total && missing.every((key) => refused.get(key)?.isFinal === true) ? 'yes' : 'no';
}
