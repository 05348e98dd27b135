import { OPTIONS } from '../../src/config/options.js';
import type { Setting, SettingOption } from '../../src/config/options.js';
import { settingSchemas } from '../../src/config/schema.js';
import type { ChartValue, ChartValues } from './value.js';

/** Where the operator's settings stand among the chart's values, if not under `settings`. Undefined: the chart gives it itself. */
const PLACES: Partial<Record<Setting, string | undefined>> = {
  harborUrl: 'harbor.url',
  harborPullHost: 'harbor.pullHost',
  harborInsecureSkipTLSVerify: 'harbor.insecureSkipTlsVerify',
  // Made of harbor.credentials and harbor.ca.
  harborCredentialsSecret: undefined,
  harborUsername: undefined,
  harborPassword: undefined,
  harborPasswordFile: undefined,
  harborCaSecret: undefined,
  // Made of engines.
  autoEngines: undefined,
  // Known to the Pod, or bound to its ports.
  namespace: undefined,
  leaderElect: undefined,
  probeAddress: undefined,
  metricsAddress: undefined,
  // Made of metrics.token.
  metricsTokenFile: undefined,
  // Made of metrics.tls.
  metricsTlsCertFile: undefined,
  metricsTlsKeyFile: undefined,
};

/** Where a setting stands among the chart's values; undefined: the chart gives it itself, or does without. */
export function placeOf(setting: Setting): string | undefined {
  return setting in PLACES ? PLACES[setting] : `settings.${keyOf(OPTIONS[setting].env)}`;
}

/** The settings of the operator as values of the chart, each with the schema from the operator's own table. */
export function settingValues(): ChartValues {
  const schemas = settingSchemas();
  const entries = (Object.keys(OPTIONS) as Setting[]).flatMap((setting): [string, ChartValue][] => {
    const place = placeOf(setting);
    if (place === undefined) return [];
    // The operator's default is the operator's business: the chart gives only what an installation changes.
    const { default: fallback, description, ...schema } = schemas[setting];
    const { fallbackInWords = JSON.stringify(fallback) }: SettingOption = OPTIONS[setting];
    const says = fallback === undefined ? '' : ` The operator's default: ${fallbackInWords}.`;
    const required = setting === 'harborUrl';
    return [[place, { description: `${sentence(String(description))}${says}`, schema, required }]];
  });
  return Object.fromEntries(entries);
}

/** `REQUEST_TIMEOUT` -> `requestTimeout`; the chart makes the variable's name of it again. */
function keyOf(variable: string): string {
  return variable.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
