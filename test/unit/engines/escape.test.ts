import { expect } from 'chai';
import fc from 'fast-check';

import {
  celString,
  jmesPathLiteral,
  jmesPathString,
  plainJson,
  re2Literal,
} from '../../../src/engines/syntax/escape.js';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('{', '}', '$', '(', ')', '1', "'", '"', '`', '\\', '\n', 'images', ' ', 'é', '😀'),
  }),
);

describe('escaping', () => {
  it('gives JSON that says the same, with nothing but plain characters in its texts', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = plainJson({ a: [text] });
        expect(JSON.parse(json)).to.deep.equal({ a: [text] });
        expect(json.slice(7, -3)).to.match(/^([A-Za-z0-9 ._/:@,=-]|\\u[0-9a-f]{4})*$/);
      }),
    );
  });

  it('gives JMESPath literals without anything that Kyverno looks for', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const literal = jmesPathLiteral({ a, b: { c: { d: b } } });
        expect(JSON.parse(literal.slice(1, -1))).to.deep.equal({ a, b: { c: { d: b } } });
        expect(literal.slice(1, -1)).to.not.match(/\{\{|\}\}|\$|`|'|(?:^|[^.0-9A-Za-z])images\b/);
      }),
    );
  });

  it('hides words that are names of Kyverno variables, at the start of a text too', () => {
    expect(jmesPathString('images/my-images')).to.equal('"\\u0069mages\\u002fmy\\u002dimages"');
  });

  it('gives CEL strings of plain characters', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(celString(text)).to.match(/^"([A-Za-z0-9 ._/:@,=-]|\\x[0-9a-f]{2}|\\U[0-9a-f]{8}|\\uFFFD)*"$/);
      }),
    );
  });

  it('gives RE2 patterns that match the text and nothing else', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, other) => {
        fc.pre(text.isWellFormed() && other.isWellFormed());
        const pattern = new RegExp(`^${re2Literal(text).replaceAll('\\x{', '\\u{').replaceAll('-', '\\-')}$`, 'u');
        expect(pattern.test(text)).to.equal(true);
        if (other !== text) expect(pattern.test(other)).to.equal(false);
      }),
    );
  });
});
