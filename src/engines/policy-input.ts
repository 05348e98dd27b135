import type { PolicyGroup } from './group.js';
import type { HostRule } from './precedence.js';

/** What each engine makes its policy of. */
export interface PolicyInput extends PolicyGroup {
  readonly rules: readonly HostRule[];
  readonly excludedNamespaces: readonly string[];
}
