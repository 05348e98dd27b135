import { compare } from '../../image/rules.js';
import { celString } from '../syntax/escape.js';

/** How long a line of an expression may be. A single text may make it longer, since CEL can't break it. */
const WIDTH = 120;

/** A pattern as a raw string: our own ones, and what `re2Literal` and `globPattern` give. None of them has a quote. */
export function celPattern(pattern: string): string {
  return `r'${pattern}'`;
}

/** A list of texts on one line, or on one each where they are many. */
export function celList(texts: readonly string[], indent = ''): string {
  const items = texts.map(celString);
  const line = `[${items.join(', ')}]`;
  return line.length <= WIDTH - indent.length ? line : celBlock('[', items, ']', indent);
}

/** A map from text to text, one entry a line, in the order of its keys. */
export function celMap(entries: readonly (readonly [string, string])[]): string {
  const items = entries
    .toSorted(([a], [b]) => compare(a, b))
    .map(([key, value]) => `${celString(key)}: ${celString(value)}`);
  return celBlock('{', items, '}');
}

/** Items between brackets, one a line. */
export function celBlock(open: string, items: readonly string[], close: string, indent = ''): string {
  const lines = items.map((item, i) => `${indent}  ${item}${i < items.length - 1 ? ',' : ''}`);
  return [open, ...lines, `${indent}${close}`].join('\n');
}
