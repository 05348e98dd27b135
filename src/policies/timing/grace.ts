import { ENGINES } from '../../engines/engines.js';
import type { PolicyEngine } from '../../engines/settings.js';
import { TOGETHER } from './burst.js';
import type { PolicyState } from '../state.js';

/** How long Kyverno may take to put a policy in force before a status says that it isn't yet. */
const GRACE_MS = 2000;

/** How long the status may wait for what is likely to be in force soon, so that a new mirror costs one status and not two. Pure. */
export function graceMs(engine: PolicyEngine | 'Auto' | 'None', state: PolicyState): number {
  const isUnwritten = state.kind === 'pending' && state.policy === undefined;
  const settleMs = engine === 'None' || engine === 'Auto' ? 0 : ENGINES[engine].delays.settleMs;
  return GRACE_MS + settleMs + (isUnwritten ? TOGETHER.longestMs : 0);
}

/** After how many ms a look is worth while at a mirror whose state has changed: that its policy was written alone tells nothing. Pure. */
export function worthALookInMs(state: PolicyState): number {
  if (state.kind !== 'pending' || state.policy === undefined || state.message !== undefined) return 0;
  return graceMs(state.policy.kind, state);
}
