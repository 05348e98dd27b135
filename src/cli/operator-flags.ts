import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { Config } from '../config/config.js';
import { OPTIONS } from '../config/options.js';
import type { Setting, SettingOption } from '../config/options.js';
import { InputError } from './input-error.js';

/** Which Harbor it is, and how it is asked. */
export const HARBOR_SETTINGS = [
  'harborUrl',
  'harborPullHost',
  'harborCredentialsSecret',
  'harborUsername',
  'harborPasswordFile',
  'harborCaSecret',
  'harborInsecureSkipTLSVerify',
  'requestTimeoutMs',
] as const satisfies readonly Setting[];

/** Adds settings of the operator, with its own flags and variables: what works for it works here. */
export function withOperatorFlags(command: Command, settings: readonly Setting[]): Command {
  for (const setting of settings) {
    const { flag, env, description }: SettingOption = OPTIONS[setting];
    if (flag !== undefined) command.addOption(new Option(flag, `${description} [${env}]`));
  }
  return command;
}

/**
 * The operator's configuration by these flags and this environment.
 *
 * @param flags - as commander gives them; others are ignored
 * @throws InputError for what the operator would refuse, too
 */
export function operatorConfig(flags: object, env: NodeJS.ProcessEnv = process.env): Config {
  const given = flags as Readonly<Record<string, unknown>>;
  const argv = Object.values<SettingOption>(OPTIONS).flatMap(({ flag }) => {
    if (flag === undefined) return [];
    const option = new Option(flag);
    const value = given[option.attributeName()];
    return typeof value === 'string' && option.long ? [option.long, value] : [];
  });
  const loaded = loadConfig({ argv, env, readFile: (path) => readFileSync(path, 'utf8') });
  if (loaded.kind === 'exit') throw new InputError(loaded.text.trimEnd());
  return loaded.config;
}

/** Whether a setting was given at all, by flag or by variable. */
export function isGiven(setting: Setting, flags: object, env: NodeJS.ProcessEnv = process.env): boolean {
  const { flag, env: variable }: SettingOption = OPTIONS[setting];
  const attribute = flag === undefined ? '' : new Option(flag).attributeName();
  return attribute in flags || (env[variable] ?? '') !== '';
}
