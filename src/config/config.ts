import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { nameOf, OPTIONS } from './options.js';
import type { Setting, SettingOption, Settings } from './options.js';
import type { ProxyEnvironment } from '../harbor/http/connection.js';
import type { CertificateFiles } from './values.js';

/** Where the login of the operator's own Harbor comes from. */
type HarborLogin =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'given'; readonly username: string; readonly password: string };

/** The settings that the login is read from. */
type LoginSetting = 'harborCredentialsSecret' | 'harborUsername' | 'harborPassword' | 'harborPasswordFile';

/** The settings that say whether /metrics is served over https. */
type TlsSetting = 'metricsTlsCertFile' | 'metricsTlsKeyFile';

/** All settings, checked. */
export interface Config extends Omit<Settings, LoginSetting | TlsSetting | 'namespace'> {
  readonly harborLogin: HarborLogin;
  /** Undefined: plain http. */
  readonly metricsTls: CertificateFiles | undefined;
  readonly proxy: ProxyEnvironment;
  readonly namespace: string;
}

/** Settings to run with, or what to print instead of running. */
type LoadedConfig = { readonly kind: 'config'; readonly config: Config } | Exit;

/** After `--help` the code is 0. */
export interface Exit {
  readonly kind: 'exit';
  readonly code: number;
  readonly text: string;
}

interface ConfigSources {
  /** Without node and the script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file's text; throws where it can't be read. */
  readonly readFile: (path: string) => string;
}

/** Put in by the build. */
const VERSION = process.env.REGISTRY_MIRROR_VERSION ?? 'development';
const DEFAULT_NAMESPACE = 'registry-mirror-system';
const POD_NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Each setting alone; `fallback`s are filled in before. */
const schema = z.object(
  Object.fromEntries(Object.entries(OPTIONS).map(([setting, option]) => [setting, option.schema])),
);

type Raw = Partial<Record<Setting, string>>;

/**
 * Reads flags and environment. What is wrong is told all at once, each with what to write instead; no value of a secret is in that text.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const flags = readFlags(sources.argv);
  if (flags.kind === 'exit') return flags;
  const result = schema.safeParse(withEnvironment(flags.values, sources.env));
  if (!result.success) return refuse(result.error.issues.map(describeIssue));
  const { data } = result;
  // Checked by the schema just now, which is made of the same table. It leaves out what wasn't given.
  const settings = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, data[name]])) as Settings;
  const { harborCredentialsSecret, harborUsername, harborPassword, harborPasswordFile, ...others } = settings;
  const login = readLogin(
    { harborCredentialsSecret, harborUsername, harborPassword, harborPasswordFile },
    sources.readFile,
  );
  const { metricsTlsCertFile: certFile, metricsTlsKeyFile: keyFile, ...rest } = others;
  const isHalf = (certFile === undefined) !== (keyFile === undefined);
  const problems = [
    ...(typeof login === 'string' ? [login] : []),
    ...(isHalf ? ['give METRICS_TLS_CERT_FILE and METRICS_TLS_KEY_FILE together, or neither'] : []),
  ];
  if (typeof login === 'string' || isHalf) return refuse(problems);
  const metricsTls = certFile === undefined || keyFile === undefined ? undefined : Object.freeze({ certFile, keyFile });
  return { kind: 'config', config: freeze({ ...rest, metricsTls }, login, sources) };
}

function readFlags(argv: readonly string[]): { readonly kind: 'flags'; readonly values: Raw } | Exit {
  let output = '';
  const write = (text: string): void => {
    output += text;
  };
  const command = new Command('registry-mirror-operator')
    .description("Keeps Harbor's proxy-cache projects and the policies that send Pods through them in step.")
    .version(VERSION)
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride()
    .allowExcessArguments(false);
  const attributes = new Map<string, Setting>();
  for (const [setting, spec] of Object.entries(OPTIONS) as [Setting, SettingOption][]) {
    if (spec.flag === undefined) continue;
    const fallback = spec.fallback === undefined ? '' : `; default ${spec.fallback}`;
    const option = new Option(spec.flag, `${spec.description} [${spec.env}${fallback}]`);
    attributes.set(option.attributeName(), setting);
    command.addOption(option);
  }
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'exit', code: error.exitCode === 0 ? 0 : 2, text: output };
  }
  const values: Raw = {};
  for (const [name, value] of Object.entries(command.opts<Record<string, string>>())) {
    const setting = attributes.get(name);
    if (setting !== undefined) values[setting] = value;
  }
  return { kind: 'flags', values };
}

/** An empty variable is none: a Deployment sets it so where a value is missing. */
function withEnvironment(flags: Raw, env: ConfigSources['env']): Raw {
  const values: Raw = { ...flags };
  for (const [setting, spec] of Object.entries(OPTIONS) as [Setting, SettingOption][]) {
    const given = env[spec.env];
    const value = values[setting] ?? (given === '' ? undefined : given) ?? spec.fallback;
    if (value !== undefined) values[setting] = value;
  }
  return values;
}

/** The login, or what is wrong with it. */
function readLogin(values: Pick<Settings, LoginSetting>, readFile: ConfigSources['readFile']): HarborLogin | string {
  const { harborCredentialsSecret: secret, harborUsername, harborPassword, harborPasswordFile } = values;
  const isGiven = harborUsername !== undefined || harborPassword !== undefined || harborPasswordFile !== undefined;
  if (secret !== undefined) {
    return isGiven
      ? 'give either HARBOR_CREDENTIALS_SECRET or HARBOR_USERNAME with a password, not both'
      : { kind: 'secret', name: secret };
  }
  if (harborUsername === undefined || (harborPassword === undefined) === (harborPasswordFile === undefined)) {
    return "Harbor's login is missing: give HARBOR_CREDENTIALS_SECRET, or HARBOR_USERNAME with either HARBOR_PASSWORD or HARBOR_PASSWORD_FILE";
  }
  if (harborPassword !== undefined) return { kind: 'given', username: harborUsername, password: harborPassword };
  try {
    // Editors and `echo` end the file with a line feed.
    const password = readFile(harborPasswordFile ?? '').replace(/\r?\n$/, '');
    return password === ''
      ? 'HARBOR_PASSWORD_FILE names an empty file'
      : { kind: 'given', username: harborUsername, password };
  } catch (error) {
    return `HARBOR_PASSWORD_FILE can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

type GivenSettings = Omit<Settings, LoginSetting | TlsSetting> & Pick<Config, 'metricsTls'>;

function freeze(settings: GivenSettings, harborLogin: HarborLogin, sources: ConfigSources): Config {
  const namespace = settings.namespace ?? podNamespace(sources.readFile) ?? DEFAULT_NAMESPACE;
  return Object.freeze({
    ...settings,
    harborLogin: Object.freeze(harborLogin),
    proxy: Object.freeze(proxyFrom(sources.env)),
    namespace,
    excludedNamespaces: Object.freeze([...new Set([...settings.excludedNamespaces, namespace])]),
  });
}

function podNamespace(readFile: ConfigSources['readFile']): string | undefined {
  try {
    return readFile(POD_NAMESPACE_FILE).trim();
  } catch {
    // Not in a Pod.
    return undefined;
  }
}

/** Lower case wins, as curl has it. */
export function proxyFrom(env: ConfigSources['env']): ProxyEnvironment {
  const read = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name];
  return { HTTP_PROXY: read('HTTP_PROXY'), HTTPS_PROXY: read('HTTPS_PROXY'), NO_PROXY: read('NO_PROXY') };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const setting = issue.path[0] as Setting;
  return `${nameOf(setting)}: ${issue.message}`;
}

function refuse(problems: readonly string[]): Exit {
  return {
    kind: 'exit',
    code: 2,
    text: ['The configuration is not usable:', ...problems.map((line) => `- ${line}`), ''].join('\n'),
  };
}
