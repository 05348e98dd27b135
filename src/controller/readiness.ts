import { findCondition } from '../api/conditions.js';
import type { ConditionType } from '../api/conditions.js';
import type { RegistryMirror } from '../api/registry-mirror.js';

/** Whether the status is of the present spec. If not, what is half done goes on before new mirrors are begun with. */
export function isObserved(mirror: RegistryMirror | undefined): boolean {
  return mirror?.status.observedGeneration === mirror?.metadata.generation;
}

export function hasProbe({ spec }: RegistryMirror): boolean {
  return spec.probe !== undefined;
}

/** How many mirrors there are by the status of one of their conditions; one that isn't there counts as Unknown. */
export function countsOf(
  type: ConditionType,
  mirrors: readonly RegistryMirror[],
): Record<'True' | 'False' | 'Unknown', number> {
  const counts = { True: 0, False: 0, Unknown: 0 };
  for (const { status } of mirrors) counts[findCondition(status.conditions, type)?.status ?? 'Unknown'] += 1;
  return counts;
}
