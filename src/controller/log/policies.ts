import type { Log } from '../../log.js';
import type { ApplyOptions } from '../../policies/apply.js';

/** A line for each write of a policy, and for what becomes of it otherwise than was written. */
export function logPolicies(log: Log): Pick<ApplyOptions, 'onWrite' | 'onProblem' | 'onAltered'> {
  return {
    onWrite: (action, kind, name) => {
      log.info(`${action} ${kind} ${name}`, { action, policy: name });
    },
    onProblem: (kind, name, error) => {
      log.warn(`The ${kind} ${name} could not be written; trying again.`, { policy: name, error });
    },
    onAltered: (kind, name) => {
      const message = `The ${kind} ${name} is not as it was written: a webhook or a controller changes it.`;
      log.warn(message, { policy: name });
    },
  };
}
