/** A named step, as in a rule's context of kyverno.io/v1: evaluated when first used. */
export interface Step {
  readonly name: string;
  readonly variable: { readonly value?: Readonly<Record<string, string>>; readonly jmesPath?: string };
  /** A paragraph on it, for `render --explain`. */
  readonly why: string;
}

/** The step as it stands in the policy. */
export type WrittenStep = Pick<Step, 'name' | 'variable'>;

export function jmesPathStep(name: string, jmesPath: string, why: string): Step {
  return { name, variable: { jmesPath }, why };
}

export function written(steps: readonly Step[]): readonly WrittenStep[] {
  return steps.map(({ name, variable }) => ({ name, variable }));
}
