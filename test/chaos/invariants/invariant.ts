import { findCondition } from '../../../src/api/conditions.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { Cast } from '../story/fleet.js';
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

/** Somebody has taken the mark off an endpoint of the mirror's: it is nobody's then, and stays. */
export function hasLostItsMark({ name }: Pick<Cast, 'name'>, steps: EndState['steps']): boolean {
  return steps.some((step) => step.kind === 'EditEndpointByHand' && step.mirror === name && step.what === 'mark');
}
