import type { PolicyEngine } from '../../../src/engines/settings.js';

export const BY_HAND = 'by hand, a policy per mirror';

/** A set of policies that is measured. */
export interface Subject {
  readonly what: PolicyEngine | typeof BY_HAND;
  readonly mirrors: number;
  /** How many mirrors share a policy of ours at most. */
  readonly perPolicy: number;
}

/** What one subject cost in one round. */
export interface Measured extends Subject {
  /** A Pod with one mirrored image, beside the same Pod without any policy. */
  readonly uses: Ratio;
  /** A Pod without any, beside the same. */
  readonly usesNone: Ratio;
  /** A Pod with one mirrored image, beside the same Pod where what the subject is compared with is in force. */
  readonly against?: Ratio;
}

/** Two medians in ms, whose requests took turns, and their ratio. */
export interface Ratio {
  readonly ms: number;
  readonly otherMs: number;
  readonly ratio: number;
}

export function isSame(a: Subject, b: Subject): boolean {
  return a.what === b.what && a.mirrors === b.mirrors && a.perPolicy === b.perPolicy;
}
