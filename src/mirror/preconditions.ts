import type { RegistryMirror } from '../api/registry-mirror.js';
import type { Policies } from '../policies/policies.js';
import type { Precondition } from './plan/preconditions.js';

export interface PreconditionOptions {
  readonly policies: Pick<Policies, 'state' | 'servesThrough' | 'servedHost' | 'servedProject'>;
}

/** Whether what an action of this mirror's plan requires holds at this moment. What is unknown doesn't. */
export function holdsFor(
  { metadata: { name } }: RegistryMirror,
  { policies }: PreconditionOptions,
): (precondition: Precondition) => boolean {
  return (precondition) => {
    switch (precondition.kind) {
      case 'inNoPolicy':
        return policies.state(name).kind === 'absent';
      case 'policyInForce':
        return policies.servesThrough(name, precondition.pullPrefix);
      case 'policyWithout': {
        const served = `${policies.servedHost(name) ?? ''}/${policies.servedProject(name) ?? ''}`;
        const { kind } = policies.state(name);
        return kind !== 'pending' && kind !== 'unknown' && served !== precondition.pullPrefix;
      }
      case 'secretsSpread':
        return false;
    }
  };
}
