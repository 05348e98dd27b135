import { hasWord, withoutWords } from './words.js';

/**
 * How a text from outside gets into an expression. Each function gives a whole literal of its language, in which only plain
 * characters stand for themselves and all others are numbered escapes: nothing in it can end the literal, start a Kyverno
 * variable (`{{`), a Kyverno reference (`$(`) or a replacement group (`$1`).
 */

/** A string within JSON text. */
const STRING = /"(?:[^"\\]|\\.)*"/g;

const PLAIN = /[A-Za-z0-9 ._/:@,=-]/;
/** Most texts are: they need no look at each character. */
const ALL_PLAIN = /^[A-Za-z0-9 ._/:@,=-]*$/;

/** A CEL string literal. */
export function celString(text: string): string {
  if (ALL_PLAIN.test(text)) return `"${text}"`;
  return `"${Array.from(text)
    .map((character) => (PLAIN.test(character) ? character : celEscape(character)))
    .join('')}"`;
}

/** Texts within a CEL string in triple quotes, one a line. */
export function celLines(texts: readonly string[]): string {
  return texts.map((text) => celString(text).slice(1, -1)).join('\n');
}

function celEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // CEL refuses a lone surrogate, as Go's strings can't hold it: U+FFFD is what the API server makes of it.
  if (isSurrogate(code)) return '\\uFFFD';
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** JSON in which only plain characters, and those of globs, stand for themselves; members keep their order. */
export function plainJson(value: unknown, indent?: number): string {
  // A string's characters can be escaped after the fact: outside of strings JSON has no others than these.
  return JSON.stringify(value, undefined, indent).replace(STRING, (literal) =>
    jsonString(JSON.parse(literal) as string),
  );
}

const PLAIN_JSON = /^[A-Za-z0-9 ._/:@,=*?-]*$/;

function jsonString(text: string): string {
  if (PLAIN_JSON.test(text)) return `"${text}"`;
  const units = Array.from({ length: text.length }, (_, i) => text.charAt(i));
  return `"${units.map((unit) => (PLAIN_JSON.test(unit) ? unit : jsonEscape(unit))).join('')}"`;
}

function jsonEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A JMESPath literal: JSON between backticks, which the JSON itself never contains. */
export function jmesPathLiteral(value: unknown): string {
  const json = JSON.stringify(value).replace(STRING, (literal) => jmesPathString(JSON.parse(literal) as string));
  return `\`${spaceBraces(json)}\``;
}

/** Whether a text needs no escape anywhere, and is taken for no variable. */
export function isPlain(text: string): boolean {
  return ALL_PLAIN.test(text) && !hasWord(text);
}

/** A JMESPath string: as it is where it is plain. */
export function jmesPathText(text: string): string {
  return isPlain(text) ? `'${text}'` : jmesPathLiteral(text);
}

/** An RE2 pattern as a JMESPath string, in which a backslash is a backslash. */
export function jmesPathPattern(pattern: string): string {
  return `'${withoutWords(pattern)}'`;
}

/**
 * A JMESPath quoted identifier. Within it, as within literals, the first character and all but letters, digits and dots are
 * escaped: where a word such as `images` begins, Kyverno sees a use of its variable of that name, and parses the Pod's images
 * with a stricter grammar than ours.
 */
export function jmesPathString(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charAt(i));
  return `"${units.map((unit, i) => (i > 0 && /[A-Za-z0-9.]/.test(unit) ? unit : jsonEscape(unit))).join('')}"`;
}

/** Kyverno takes `{{` and `}}` for the bounds of a variable wherever they stand. */
function spaceBraces(json: string): string {
  return json.replaceAll('{{', '{ {').replaceAll('}}', '} }').replaceAll('}}', '} }');
}

/** An RE2 pattern that matches this text only. */
export function re2Literal(text: string): string {
  return Array.from(text)
    .map((c) => (/[A-Za-z0-9_/-]/.test(c) ? c : c === '.' ? '\\.' : `\\x{${(c.codePointAt(0) ?? 0).toString(16)}}`))
    .join('');
}
