import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Policies } from '../../policies/policies.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import { isWithin } from '../plan/narrowing.js';
import type { Precondition } from '../plan/preconditions.js';

export interface PreconditionOptions {
  readonly policies: Pick<Policies, 'state' | 'served' | 'servesThrough' | 'maySendTo' | 'injects'>;
  /** Left out where nothing waits for pull Secrets. */
  readonly isSpread?: PullSecrets['isSpread'];
}

/** Whether what an action of this mirror's plan requires holds at this moment. What is unknown doesn't. */
export function holdsFor(
  mirror: RegistryMirror,
  { policies, isSpread }: PreconditionOptions,
): (precondition: Precondition) => boolean {
  const { name } = mirror.metadata;
  return (precondition) => {
    switch (precondition.kind) {
      case 'inNoPolicy':
        return policies.state(name).kind === 'absent';
      case 'policyInForce':
        return policies.servesThrough(name, precondition.pullPrefix);
      case 'policyWithout':
        return !policies.maySendTo(name, precondition.pullPrefix);
      case 'policyInjects':
        return policies.injects(name, precondition.pullPrefix);
      case 'policySendsOnly':
        return sendsOnly(name, precondition, policies);
      case 'secretsSpread':
        return isSpread?.(mirror, precondition.pullPrefix) === 'yes';
    }
  };
}

function sendsOnly(
  name: string,
  { pullPrefix, include }: Extract<Precondition, { kind: 'policySendsOnly' }>,
  policies: Pick<Policies, 'state' | 'served'>,
): boolean {
  const { kind } = policies.state(name);
  const served = policies.served(name);
  if (kind === 'pending' || kind === 'unknown' || served.kind === 'unknown') return false;
  return served.kind === 'none' || served.entry.pullPrefix !== pullPrefix || isWithin(served.entry.include, include);
}
