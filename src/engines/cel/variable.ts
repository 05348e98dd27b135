/** A named step, evaluated when first used. As in MutatingAdmissionPolicy and MutatingPolicy. */
export interface Variable {
  readonly name: string;
  readonly expression: string;
}
