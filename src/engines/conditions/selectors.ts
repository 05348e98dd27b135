import { LABELS } from '../../api/group.js';
import type { LabelSelector } from '../../api/registry-mirror.js';

/** The user's selector, and not the namespaces that opted out by label. */
export function namespaceSelector(selector: LabelSelector | undefined): LabelSelector {
  return {
    ...selector,
    matchExpressions: [
      ...(selector?.matchExpressions ?? []),
      { key: LABELS.rewrite, operator: 'NotIn', values: ['disabled'] },
    ],
  };
}
