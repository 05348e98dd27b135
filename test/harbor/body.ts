import { invalid } from './answer.js';
import type { Call } from './call.js';
import { headerOf } from './call.js';

export type FieldKind = 'string' | 'bool' | 'int64' | 'array' | 'any' | Shape;

/** The Go struct that a body is read into: Harbor's messages name it. */
export interface Shape {
  readonly struct: string;
  readonly fields: Readonly<Record<string, FieldKind>>;
}

/** A JSON object whose known fields have the right types; null is as good as absent, as it is for Harbor's pointers. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' ? value : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : undefined;
  }

  object(name: string): Fields | undefined {
    const value = this.#values[name];
    return isObject(value) ? new Fields(value) : undefined;
  }

  list(name: string): readonly unknown[] | undefined {
    const value: unknown = this.#values[name];
    return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
  }

  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  all(): Readonly<Record<string, unknown>> {
    return this.#values;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The body of a call.
 *
 * @param parameter Harbor's name for the body, as its messages have it.
 * @throws Refusal 422 for no body, another media type, broken JSON or a field of the wrong type.
 */
export function readBody(call: Call, parameter: string, shape: Shape): Fields {
  if (call.body.length === 0) throw invalid(`${parameter} in body is required`);
  const mediaType = (headerOf(call, 'content-type') ?? '').split(';')[0]?.trim() ?? '';
  if (mediaType !== 'application/json') {
    throw invalid(`unsupported media type ${JSON.stringify(mediaType)}, only [application/json] are allowed`);
  }
  const unreadable = (why: string): Error => invalid(`parsing ${parameter} body from "" failed, because ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(call.body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable('unexpected EOF');
  }
  if (!isObject(value))
    throw unreadable(`json: cannot unmarshal ${goKind(value)} into Go value of type models.${shape.struct}`);
  const problem = mismatch(value, shape, '');
  if (problem !== undefined) throw unreadable(problem);
  return new Fields(value);
}

function mismatch(value: Readonly<Record<string, unknown>>, shape: Shape, path: string): string | undefined {
  for (const [name, kind] of Object.entries(shape.fields)) {
    const field = value[name];
    if (field === undefined || field === null || kind === 'any') continue;
    const where = path === '' ? name : `${path}.${name}`;
    if (typeof kind === 'object') {
      const inner = isObject(field)
        ? mismatch(field, kind, where)
        : `json: cannot unmarshal ${goKind(field)} into Go struct field ${shape.struct}.${where} of type models.${kind.struct}`;
      if (inner !== undefined) return inner;
    } else if (!fits(field, kind)) {
      return `json: cannot unmarshal ${goKind(field)} into Go struct field ${shape.struct}.${where} of type ${goType(kind)}`;
    }
  }
  return undefined;
}

function fits(value: unknown, kind: 'string' | 'bool' | 'int64' | 'array'): boolean {
  switch (kind) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int64':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
  }
}

const goType = (kind: 'string' | 'bool' | 'int64' | 'array'): string => (kind === 'array' ? '[]interface {}' : kind);

function goKind(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'object') return Array.isArray(value) ? 'array' : 'object';
  return typeof value;
}
