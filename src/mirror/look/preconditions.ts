import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Policies } from '../../policies/policies.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import { isWithin } from '../plan/narrowing.js';
import type { Precondition } from '../plan/preconditions.js';

export interface PreconditionOptions {
  readonly policies: Pick<Policies, 'state' | 'servesThrough' | 'maySendTo' | 'injects' | 'outdatedForMs'>;
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
        return policies.state(name).kind === 'absent' && policies.outdatedForMs(name) === 0;
      case 'policyInForce':
        return policies.servesThrough(name, precondition.pullPrefix) && policies.outdatedForMs(name) === 0;
      case 'policyWithout':
        return !policies.maySendTo(name, precondition);
      case 'policyInjects':
        return policies.injects(name, precondition.pullPrefix);
      case 'policySendsOnly':
        return !policies.maySendTo(name, {
          pullPrefix: precondition.pullPrefix,
          counts: (include) => !isWithin(include, precondition.include),
        });
      case 'secretsSpread':
        return isSpread?.(mirror, precondition.pullPrefix) === 'yes';
    }
  };
}
