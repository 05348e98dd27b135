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
  /** A Pod with one mirrored image. */
  readonly uses: Ratio;
  /** A Pod without any. */
  readonly usesNone: Ratio;
}

/** The median in ms, of a Pod without any policy too, and their ratio. */
export interface Ratio {
  readonly ms: number;
  readonly bareMs: number;
  readonly ratio: number;
}

export function isSame(a: Subject, b: Subject): boolean {
  return a.what === b.what && a.mirrors === b.mirrors && a.perPolicy === b.perPolicy;
}
