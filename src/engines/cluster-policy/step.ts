/** A named step, as in a rule's context of kyverno.io/v1: evaluated when first used. */
export interface Step {
  readonly name: string;
  readonly variable: { readonly value?: Readonly<Record<string, string>>; readonly jmesPath?: string };
}

export function jmesPathStep(name: string, jmesPath: string): Step {
  return { name, variable: { jmesPath } };
}
