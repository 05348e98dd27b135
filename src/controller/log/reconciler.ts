import type { Log } from '../../log.js';
import { describeAction } from '../../mirror/plan/actions.js';
import type { Action } from '../../mirror/plan/actions.js';

/** Says in the log what is done for mirrors. */
export function logReconciler(log: Log): {
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
  readonly onBug: (mirror: string, error: unknown) => void;
} {
  return {
    onAction: (mirror, action, ms) => {
      log.info(describeAction(action), { mirror, action: action.kind, ms: Math.round(ms) });
    },
    onBug: (mirror, error) => {
      log.error('A bug of the operator.', { mirror, error });
    },
  };
}
