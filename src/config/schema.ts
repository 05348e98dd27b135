import { z } from 'zod';
import { OPTIONS } from './options.js';
import type { Setting, SettingOption } from './options.js';

/** A JSON schema of one setting. */
type SettingSchema = Readonly<Record<string, unknown>>;

/** What each setting may be as a value of its natural type, with description and default: what a chart's values are checked by. */
export function settingSchemas(): Readonly<Record<Setting, SettingSchema>> {
  const schemas = Object.entries<SettingOption>(OPTIONS).map(([setting, option]) => [setting, schemaOf(option)]);
  return Object.fromEntries(schemas) as Record<Setting, SettingSchema>;
}

function schemaOf({ schema, description, fallback }: SettingOption): SettingSchema {
  const form = z.toJSONSchema(schema, { io: 'input' });
  // Of the whole that it becomes a part of.
  delete form.$schema;
  return { ...form, description, ...(fallback === undefined ? {} : { default: valueOf(fallback, form.type) }) };
}

/** `true` and `16` as they stand in JSON. */
function valueOf(text: string, type: unknown): unknown {
  return type === 'boolean' || type === 'integer' ? (JSON.parse(text) as unknown) : text;
}
