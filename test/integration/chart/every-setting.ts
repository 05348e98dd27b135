import { placeOf } from '../../../scripts/chart/settings.js';
import { OPTIONS } from '../../../src/config/options.js';
import type { Setting } from '../../../src/config/options.js';
import { settingSchemas } from '../../../src/config/schema.js';

/** Of the settings whose schema doesn't tell what they may be instead of their default. */
const VALUES: Partial<Record<Setting, string | number>> = {
  harborUrl: 'https://every.example.org',
  harborPullHost: 'pull.example.org:8443',
  clusterId: 'a',
  keySecret: 'another-key',
  excludedNamespaces: 'kube-*,a',
  mirrorsPerPolicy: 150,
};

/** Each setting that stands among the chart's values, and something that it may be beside its default. */
export const UNUSUAL: ReadonlyMap<Setting, unknown> = new Map(
  (Object.keys(OPTIONS) as Setting[])
    .filter((setting) => placeOf(setting) !== undefined)
    .map((setting) => [setting, unusual(setting)]),
);

/** All of them as values of the chart. */
export const EVERY_SETTING: Readonly<Record<string, Readonly<Record<string, unknown>>>> = valuesOf(UNUSUAL);

function unusual(setting: Setting): unknown {
  const { default: usual, enum: choices } = settingSchemas()[setting];
  const value = VALUES[setting];
  if (value !== undefined) return value;
  if (typeof usual === 'boolean') return !usual;
  if (typeof usual === 'number') return usual + 1;
  if (Array.isArray(choices)) return choices.find((choice) => choice !== usual);
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(String(usual)) ?? [];
  if (unit === undefined) throw new Error(`Say in VALUES what the setting ${setting} may be.`);
  return `${String(Number(amount) + 1)}${unit}`;
}

function valuesOf(settings: typeof UNUSUAL): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const values: Record<string, Record<string, unknown>> = {};
  for (const [setting, value] of settings) {
    const [group = '', key = ''] = placeOf(setting)?.split('.') ?? [];
    (values[group] ??= {})[key] = value;
  }
  return values;
}
