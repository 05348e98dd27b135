import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { Condition, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import { isFound } from '../probe/finding.js';

/** What is worth an Event of the mirror's. */
interface StatusEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What Ready says on the way to something else. */
const PASSING: readonly string[] = [REASONS.policyPending, REASONS.progressing];

/** The Events of a status that comes after another. Pure. */
export function eventsOf(before: RegistryMirrorStatus, after: RegistryMirrorStatus): readonly StatusEvent[] {
  return (['Ready', 'ProbeSucceeded'] as const).flatMap((type) => {
    const [was, is] = [before, after].map(({ conditions }) => findCondition(conditions, type));
    if (is === undefined || (was?.status === is.status && was.reason === is.reason)) return [];
    const isTold = type === 'Ready' ? !PASSING.includes(is.reason) : isProbeTold(was, is);
    const { reason, message } = is;
    return isTold ? [{ type: is.status === 'True' ? 'Normal' : 'Warning', reason, message } as const] : [];
  });
}

/** That an image is served is no news where nobody was told of anything else. */
function isProbeTold(was: Condition | undefined, is: Condition): boolean {
  return isFound(is) && (is.status !== 'True' || (was !== undefined && isFound(was)));
}
