/** A shape of calls, as the guard writes it, that no recording can have, and why. */
export interface Unrecorded {
  readonly shape: string;
  readonly reason: string;
}

/** Nobody adds a line here because a recording is missing: that is recorded of a real Harbor. */
export const unrecorded: readonly Unrecorded[] = [];
