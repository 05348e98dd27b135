import { findCondition } from '../../../src/api/conditions.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { EndState } from './end-state.js';

/** Something that must hold when a run is over; returns what breaks it, in words. */
export interface Invariant {
  readonly name: string;
  readonly breaches: (end: EndState) => readonly string[];
}

export function isReady({ status }: RegistryMirror): boolean {
  return findCondition(status.conditions, 'Ready')?.status === 'True';
}

/** The reason, where the user has to act. */
export function stalledReason({ status }: RegistryMirror): string | undefined {
  const stalled = findCondition(status.conditions, 'Stalled');
  return stalled?.status === 'True' ? stalled.reason : undefined;
}
