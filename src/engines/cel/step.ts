/** A named step of a policy's text: a match condition or a variable. */
export interface Step {
  readonly name: string;
  /** CEL, with comments that stay in the cluster. */
  readonly expression: string;
  /** A paragraph on it, for `render --explain`. */
  readonly why: string;
}

/** The step as it stands in the policy. */
export interface WrittenStep {
  readonly name: string;
  readonly expression: string;
}

export function written(steps: readonly Step[]): readonly WrittenStep[] {
  return steps.map(({ name, expression }) => ({ name, expression }));
}
