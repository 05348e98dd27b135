import { isDeepStrictEqual } from 'node:util';
import type { Schema } from '../../scripts/schema.js';

/** A change of a schema that an object from before, or who reads it, may trip over. */
export interface SchemaChange {
  /** `spec.project.name`, `spec.upstream.hosts[]`. */
  readonly path: string;
  readonly change: string;
}

/** What an older schema allows or promises that a newer one doesn't. Empty: every object from before is valid and means what it meant. */
export function breakingChanges(older: Schema, newer: Schema, path = ''): readonly SchemaChange[] {
  return [
    ...ownChanges(older, newer).map((change) => ({ path, change })),
    ...propertyChanges(older, newer, path),
    ...childChanges(older.items, newer.items, `${path}[]`),
    ...childChanges(older.additionalProperties, newer.additionalProperties, `${path}.*`),
  ];
}

function propertyChanges(older: Schema, newer: Schema, path: string): readonly SchemaChange[] {
  return Object.entries(older.properties ?? {}).flatMap(([name, schema]) =>
    childChanges(schema, newer.properties?.[name], path === '' ? name : `${path}.${name}`),
  );
}

function childChanges(older: Schema | undefined, newer: Schema | undefined, path: string): readonly SchemaChange[] {
  if (older === undefined) return [];
  if (newer === undefined) return [{ path, change: 'is gone' }];
  return breakingChanges(older, newer, path);
}

function ownChanges(older: Schema, newer: Schema): readonly string[] {
  return [
    ...typeChanges(older, newer),
    ...enumChanges(older, newer),
    ...boundChanges(older, newer),
    ...requiredChanges(older, newer),
    ...ruleChanges(older, newer),
  ];
}

function typeChanges(older: Schema, newer: Schema): readonly string[] {
  const differences = (['type', 'default', 'x-kubernetes-int-or-string'] as const).filter(
    (key) => !isDeepStrictEqual(older[key], newer[key]),
  );
  // A pattern or format that goes is no harm; another one may be narrower.
  const narrower = (['pattern', 'format'] as const).filter(
    (key) => newer[key] !== undefined && newer[key] !== older[key],
  );
  return [...differences, ...narrower].map(
    (key) => `has another ${key}: ${shown(older[key])} before, ${shown(newer[key])} now`,
  );
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function enumChanges(older: Schema, newer: Schema): readonly string[] {
  const { enum: now } = newer;
  if (now === undefined) return [];
  if (older.enum === undefined) return [`takes only ${now.join(', ')}`];
  return older.enum.filter((value) => !now.includes(value)).map((value) => `does not take ${value} any more`);
}

function boundChanges(older: Schema, newer: Schema): readonly string[] {
  const lower = (['minimum', 'minLength', 'minItems'] as const).filter(
    (key) => (newer[key] ?? -Infinity) > (older[key] ?? -Infinity),
  );
  const upper = (['maximum', 'maxLength', 'maxItems', 'maxProperties'] as const).filter(
    (key) => (newer[key] ?? Infinity) < (older[key] ?? Infinity),
  );
  return [...lower, ...upper].map((key) => `has ${key} ${newer[key] ?? ''}, before ${older[key] ?? 'none'}`);
}

function requiredChanges(older: Schema, newer: Schema): readonly string[] {
  return (newer.required ?? [])
    .filter((name) => older.required?.includes(name) !== true)
    .map((name) => `requires ${name}`);
}

function ruleChanges(older: Schema, newer: Schema): readonly string[] {
  const before = new Set(older['x-kubernetes-validations']?.map(({ rule }) => rule));
  return (newer['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !before.has(rule) && !isAboutNewField(rule, older))
    .map(({ rule }) => `has the rule ${rule}`);
}

/** `!has(self.project.filter) || …` says nothing about an object from before the field. */
function isAboutNewField(rule: string, older: Schema): boolean {
  const path = /^!has\(self\.([\w.]+)\) \|\| /.exec(rule)?.[1];
  if (path === undefined) return false;
  let schema: Schema | undefined = older;
  for (const name of path.split('.')) schema = schema?.properties?.[name];
  return schema === undefined;
}
