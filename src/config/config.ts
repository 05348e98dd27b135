import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { nameOf, OPTIONS } from './options.js';
import type { Setting, SettingOption } from './options.js';
import { duration, flag, integer, listenAddress, namespaceGlobs, objectName, registryHost } from './values.js';
import type { ListenAddress } from './values.js';
import type { LogLevel } from '../log.js';
import { harborBaseUrl } from '../harbor/http/connection.js';
import type { ProxyEnvironment } from '../harbor/http/connection.js';

/** Where the login of the operator's own Harbor comes from. */
export type HarborLogin =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'given'; readonly username: string; readonly password: string };

/** All settings, checked. Times in milliseconds. */
export interface Config {
  readonly harborUrl: string;
  readonly harborPullHost: string | undefined;
  readonly harborLogin: HarborLogin;
  /** The login is only for making the robot account that the operator works with. */
  readonly mintRobot: boolean;
  readonly harborCaSecret: string | undefined;
  readonly harborInsecureSkipTLSVerify: boolean;
  readonly requestTimeoutMs: number;
  readonly proxy: ProxyEnvironment;
  readonly namespace: string;
  readonly clusterId: string | undefined;
  readonly keySecret: string;
  /** Names or globs; the operator's own namespace is among them. */
  readonly excludedNamespaces: readonly string[];
  readonly workers: number;
  readonly minIntervalMs: number;
  /** How long what new Pods are not sent to any more stays in Harbor and in namespaces. */
  readonly retireAfterMs: number;
  readonly healthIntervalMs: number;
  readonly healthFailures: number;
  readonly healthSuccesses: number;
  readonly leaderElect: boolean;
  /** How long another replica waits before it takes the lease of one that is gone. */
  readonly leaseDurationMs: number;
  readonly probeAddress: ListenAddress | undefined;
  readonly metricsAddress: ListenAddress | undefined;
  readonly logLevel: LogLevel;
}

/** Settings to run with, or what to print instead of running. */
export type LoadedConfig = { readonly kind: 'config'; readonly config: Config } | Exit;

/** After `--help` the code is 0. */
export interface Exit {
  readonly kind: 'exit';
  readonly code: number;
  readonly text: string;
}

export interface ConfigSources {
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

const optional = z.string().min(1).optional();

/** Each setting alone; `fallback`s are filled in before. */
const schema = z.object({
  harborUrl: z.string('is required, e.g. https://harbor.example.org').transform((text, context) => {
    try {
      return harborBaseUrl(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  }),
  harborPullHost: registryHost.optional(),
  harborCredentialsSecret: objectName.optional(),
  harborUsername: optional,
  harborPassword: optional,
  harborPasswordFile: optional,
  mintRobot: flag,
  harborCaSecret: objectName.optional(),
  harborInsecureSkipTLSVerify: flag,
  requestTimeout: duration({ min: '1s', max: '5m' }),
  namespace: objectName.optional(),
  clusterId: z.string().max(128, 'must be at most 128 characters').optional(),
  keySecret: objectName,
  excludedNamespaces: namespaceGlobs,
  workers: integer(1, 100),
  minInterval: duration({ min: '1s', max: '24h' }),
  retireAfter: duration({ min: '0s', max: '24h' }),
  healthInterval: duration({ min: '1s', max: '10m' }),
  healthFailures: integer(1, 100),
  healthSuccesses: integer(1, 100),
  leaderElect: flag,
  leaseDuration: duration({ min: '3s', max: '5m' }),
  probeAddress: listenAddress,
  metricsAddress: listenAddress,
  logLevel: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'),
});

type Values = z.infer<typeof schema>;
type Raw = Partial<Record<Setting, string>>;

/**
 * Reads flags and environment. What is wrong is told all at once, each with what to write instead; no value of a secret is in that text.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const flags = readFlags(sources.argv);
  if (flags.kind === 'exit') return flags;
  const result = schema.safeParse(withEnvironment(flags.values, sources.env));
  if (!result.success) return refuse(result.error.issues.map(describeIssue));
  const login = readLogin(result.data, sources.readFile);
  return typeof login === 'string' ? refuse([login]) : { kind: 'config', config: freeze(result.data, login, sources) };
}

function readFlags(argv: readonly string[]): { readonly kind: 'flags'; readonly values: Raw } | Exit {
  let output = '';
  const write = (text: string): void => {
    output += text;
  };
  const command = new Command('registry-mirror-operator')
    .description('Keeps Harbor’s proxy-cache projects and the policies that send Pods through them in step.')
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
function readLogin(values: Values, readFile: ConfigSources['readFile']): HarborLogin | string {
  const { harborCredentialsSecret: secret, harborUsername, harborPassword, harborPasswordFile } = values;
  const isGiven = harborUsername !== undefined || harborPassword !== undefined || harborPasswordFile !== undefined;
  if (secret !== undefined) {
    return isGiven
      ? 'give either HARBOR_CREDENTIALS_SECRET or HARBOR_USERNAME with a password, not both'
      : { kind: 'secret', name: secret };
  }
  if (harborUsername === undefined || (harborPassword === undefined) === (harborPasswordFile === undefined)) {
    return 'Harbor’s login is missing: give HARBOR_CREDENTIALS_SECRET, or HARBOR_USERNAME with either HARBOR_PASSWORD or HARBOR_PASSWORD_FILE';
  }
  if (harborPassword !== undefined) return { kind: 'given', username: harborUsername, password: harborPassword };
  try {
    // Editors and `echo` end the file with a line feed.
    const password = readFile(harborPasswordFile ?? '').replace(/\r?\n$/, '');
    return password === ''
      ? 'HARBOR_PASSWORD_FILE names an empty file'
      : { kind: 'given', username: harborUsername, password };
  } catch (error) {
    return `HARBOR_PASSWORD_FILE can’t be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function freeze(values: Values, harborLogin: HarborLogin, sources: ConfigSources): Config {
  const namespace = values.namespace ?? podNamespace(sources.readFile) ?? DEFAULT_NAMESPACE;
  return Object.freeze({
    harborUrl: values.harborUrl,
    harborPullHost: values.harborPullHost,
    harborLogin: Object.freeze(harborLogin),
    mintRobot: values.mintRobot,
    harborCaSecret: values.harborCaSecret,
    harborInsecureSkipTLSVerify: values.harborInsecureSkipTLSVerify,
    requestTimeoutMs: values.requestTimeout,
    proxy: Object.freeze(proxyFrom(sources.env)),
    namespace,
    clusterId: values.clusterId,
    keySecret: values.keySecret,
    excludedNamespaces: Object.freeze([...new Set([...values.excludedNamespaces, namespace])]),
    workers: values.workers,
    minIntervalMs: values.minInterval,
    retireAfterMs: values.retireAfter,
    healthIntervalMs: values.healthInterval,
    healthFailures: values.healthFailures,
    healthSuccesses: values.healthSuccesses,
    leaderElect: values.leaderElect,
    leaseDurationMs: values.leaseDuration,
    probeAddress: values.probeAddress,
    metricsAddress: values.metricsAddress,
    logLevel: values.logLevel,
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
