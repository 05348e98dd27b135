import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

import { compareQuantities, QuantityError } from '../../api/spec/quantity.js';

/** What a rule comes to: `self` is the value that it stands at. */
type Expression = (self: unknown) => unknown;

/** A quantity within a rule, which compares it with others only. */
class Quantity {
  readonly text: string;

  /** @throws QuantityError */
  constructor(text: string) {
    compareQuantities(text, '0');
    this.text = text;
  }
}

/**
 * CEL as the API server has it, as far as the CRD's rules need it: Kubernetes' own functions are added, and `matches` takes RE2's
 * expressions instead of JavaScript's.
 */
export class Cel {
  readonly #environment = new Environment()
    .registerVariable('self', 'dyn')
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
    .registerFunction('Quantity.compareTo(Quantity): int', (one: Quantity, other: Quantity) =>
      BigInt(compareQuantities(one.text, other.text)),
    )
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const matcher = RE2JS.compile(pattern).matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : '';
    })
    .registerFunction('string.matchesRE2(string): bool', (text: string, pattern: string) =>
      RE2JS.compile(pattern).matcher(text).find(),
    );

  /**
   * An expression, parsed once.
   *
   * @throws the library's ParseError or TypeError for one that is no CEL: the CRD is the project's own, so that is a bug.
   */
  parse(expression: string): Expression {
    // The library's own `matches` can't be replaced.
    const parsed = this.#environment.parse(expression.replaceAll('.matches(', '.matchesRE2('));
    return (self): unknown => parsed({ self }) as unknown;
  }
}

/** Less than zero counts as none: no field of a RegistryMirror takes it. */
function isQuantity(text: string): boolean {
  try {
    compareQuantities(text, '0');
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}
