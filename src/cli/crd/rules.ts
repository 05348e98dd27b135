import { z } from 'zod';

import { isRecord } from '../files/objects-file.js';
import { Cel } from './cel.js';
import type { Schema } from './schema.js';

const RULES = z.array(
  z.object({
    rule: z.string(),
    message: z.string(),
    messageExpression: z.string().optional(),
    fieldPath: z.string().optional(),
  }),
);

/** What is wrong with a value at a place, `spec.upstream` for instance. */
type Check = (value: unknown, path: string) => readonly string[];

/**
 * The CEL rules of the CRD's schema (`x-kubernetes-validations`) as a function, which tells an object what the API server would tell
 * it at `kubectl apply`. Rules about a change (`oldSelf`) have nothing to compare with and are left out.
 *
 * @returns takes an object that fits the schema and has its defaults; gives the sentences of the rules that it breaks, each behind its field.
 */
export function ruleChecker(schema: Schema): (object: object) => readonly string[] {
  const check = checkOf(schema, new Cel());
  return (object) => check(object, '');
}

function checkOf(schema: Schema, cel: Cel): Check {
  const own = ownRules(schema, cel);
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => ({
    name,
    check: checkOf(member, cel),
  }));
  const item = schema.items === undefined ? undefined : checkOf(schema.items, cel);
  return (value, path) => {
    if (value === undefined) return [];
    const below = isRecord(value)
      ? members.flatMap(({ name, check }) => check(value[name], joined(path, name)))
      : Array.isArray(value) && item !== undefined
        ? value.flatMap((one, index) => item(one, `${path}[${index}]`))
        : [];
    return [...below, ...own(celValue(schema, value), path)];
  };
}

function ownRules(schema: Schema, cel: Cel): Check {
  const rules = RULES.parse(schema['x-kubernetes-validations'] ?? []).filter(({ rule }) => !rule.includes('oldSelf'));
  const parsed = rules.map(({ rule, message, messageExpression, fieldPath = '' }) => ({
    holds: cel.parse(rule),
    says: messageExpression === undefined ? (): string => message : spoken(cel.parse(messageExpression), message),
    fieldPath,
  }));
  return (value, path) =>
    parsed
      .filter(({ holds }) => holds(value) !== true)
      .map(({ says, fieldPath }) => `${joined(path, fieldPath.replace(/^\./, ''))}: ${says(value)}`);
}

/** The API server takes a rule's fixed message where the other would have line breaks. */
function spoken(expression: (value: unknown) => unknown, message: string): (value: unknown) => string {
  return (value) => {
    const said = String(expression(value));
    return /[\r\n]/.test(said) ? message : said;
  };
}

/** A value as CEL knows it: whole numbers are its `int`, which are bigint here. */
function celValue(schema: Schema, value: unknown): unknown {
  if (typeof value === 'number') return isWhole(schema) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(schema.items ?? {}, item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, celValue(schema.properties?.[name] ?? {}, member)]),
  );
}

function isWhole(schema: Schema): boolean {
  return schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
}

function joined(path: string, name: string): string {
  return [path, name].filter((part) => part !== '').join('.');
}
