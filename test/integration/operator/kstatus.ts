import { findCondition } from '../../../src/api/conditions.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';

export type KStatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/** What tools that wait by the rules of kstatus (Flux, kpt, Argo CD) see in an object. */
export function kstatus({ metadata, status }: RegistryMirror): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (status.observedGeneration !== metadata.generation) return 'InProgress';
  if (findCondition(status.conditions, 'Reconciling')?.status === 'True') return 'InProgress';
  if (findCondition(status.conditions, 'Stalled')?.status === 'True') return 'Failed';
  return findCondition(status.conditions, 'Ready')?.status === 'False' ? 'InProgress' : 'Current';
}
