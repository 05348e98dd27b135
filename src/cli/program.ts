import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { OPTIONS } from '../config/options.js';
import { namespaceGlobs, registryHost } from '../config/values.js';
import { HarborError } from '../harbor/http/errors.js';
import { KubernetesError } from '../kubernetes/errors.js';
import { check } from './offline/check.js';
import { DEFAULT_EXCLUDED } from './cluster/excluded-namespaces.js';
import { EXIT } from './exit.js';
import type { ExitCode } from './exit.js';
import { addExplain } from './explain/command.js';
import { addImport } from './import/command.js';
import { InputError } from './input-error.js';
import type { Output } from './output.js';
import { addPlan } from './plan/command.js';
import { ENGINE_KINDS } from '../engines/engines.js';
import type { PolicyEngine } from '../engines/settings.js';
import { DEFAULT_AUTO_ENGINE } from './offline/placement.js';
import { render } from './offline/render.js';
import { addHarborRobot } from './robot/command.js';
import { repeated } from './repeated.js';

interface FileOptions {
  readonly filename: readonly string[];
  readonly harborHost?: string;
}

interface RenderOptions extends FileOptions {
  readonly excludedNamespaces: readonly string[];
  readonly mirrorsPerPolicy?: number;
  readonly explain?: boolean;
  readonly autoEngine: PolicyEngine;
}

/** Put in by the build. */
const VERSION = process.env.REGISTRY_MIRROR_VERSION ?? 'development';

const EXIT_CODES = `
Exit codes: 0 done, 1 (plan only) there are differences, 2 it failed, or (check and render) a mirror loses a host to another; what went
wrong is on the standard error.`;

/**
 * Runs the command line.
 *
 * @param args without the program's own name.
 * @returns the exit code: 0; 1 where `plan` found differences; 2 for a wrong use, input that can't be worked with, or a
 *   cluster or Harbor that can't be read.
 */
export async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const setCode = (found: ExitCode): void => {
    code = found;
  };
  try {
    await program(output, setCode).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.error;
    output.warn(explained(error));
    return EXIT.error;
  }
}

/** What the user can do something about. All else is a bug, and comes with its stack. */
function explained(error: unknown): string {
  if (error instanceof InputError) return error.message;
  if (error instanceof KubernetesError) return `The cluster can't be read: ${error.message}.`;
  if (error instanceof HarborError) return `Harbor${at(error)} failed: ${error.message}.${adviceOn(error)}`;
  throw error;
}

function at({ harbor }: HarborError): string {
  return harbor === undefined ? '' : ` at ${harbor}`;
}

/** What to check where no connection comes about, the error says itself. */
function adviceOn({ kind }: HarborError): string {
  return kind === 'unauthorized' ? ' Are the user name and the password right?' : '';
}

function program(output: Output, setCode: (code: ExitCode) => void): Command {
  const command = new Command('registry-mirror')
    .description('Tools for RegistryMirrors, a proxy cache in Harbor and the policy that sends Pods to it.')
    .version(VERSION)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.out(text.trimEnd());
      },
      writeErr: (text) => {
        output.warn(text.trimEnd());
      },
    });
  addExplain(command, output);
  addPlan(command, output, setCode);
  addImport(command, output);
  addHarborRobot(command, output);
  withFiles(command.command('render'))
    .description('print the policies that the operator would write for these mirrors; needs no cluster and no Harbor')
    .option(
      '--excluded-namespaces <globs>',
      'namespaces whose Pods are never rewritten, separated by commas',
      globs,
      DEFAULT_EXCLUDED,
    )
    .option('--mirrors-per-policy <number>', OPTIONS.mirrorsPerPolicy.description, mirrorsPerPolicy)
    .option('--explain', 'with a paragraph on each step, as YAML comments')
    .addOption(
      new Option('--auto-engine <engine>', 'what engine Auto comes to in the cluster, which alone can say it')
        .choices(ENGINE_KINDS)
        .default(DEFAULT_AUTO_ENGINE),
    )
    .action(async (input: RenderOptions) => {
      setCode((await render(input, output)) ? EXIT.ok : EXIT.error);
    });
  withFiles(command.command('check'))
    .description('print what becomes of image names under these mirrors, and why')
    .argument('<images...>', 'image names as in a Pod, e.g. nginx or quay.io/a/b:1')
    .action(async (images: readonly string[], input: FileOptions) => {
      setCode((await check({ ...input, images }, output)) ? EXIT.ok : EXIT.error);
    });
  return command;
}

function withFiles(command: Command): Command {
  return command
    .requiredOption(
      '-f, --filename <file>',
      'YAML or JSON file with RegistryMirrors, or a folder of such files; - is the standard input; may be given several times',
      repeated,
    )
    .option('--harbor-host <host[:port]>', "the pull host of the operator's own Harbor", host);
}

function host(value: string): string {
  return valid(registryHost.safeParse(value));
}

function globs(value: string): readonly string[] {
  return valid(namespaceGlobs.safeParse(value));
}

function mirrorsPerPolicy(value: string): number | undefined {
  return valid(OPTIONS.mirrorsPerPolicy.schema.safeParse(value));
}

function valid<T>(
  result: { success: true; data: T } | { success: false; error: { issues: { message: string }[] } },
): T {
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}
