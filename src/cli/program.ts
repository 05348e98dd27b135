import { Command, CommanderError, InvalidArgumentError } from 'commander';

import { OPTIONS } from '../config/options.js';
import { namespaceGlobs, registryHost } from '../config/values.js';
import { check } from './check.js';
import { InputError } from './input-error.js';
import { render, type Output } from './render.js';

/** What the process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

interface FileOptions {
  readonly filename: readonly string[];
  readonly harborHost?: string;
}

interface RenderOptions extends FileOptions {
  readonly excludedNamespaces: readonly string[];
}

/**
 * Runs the command line.
 *
 * @param args without the program's own name.
 * @returns the exit code: 0, or 1 for input that can't be worked with, or 2 for a wrong use of the command line.
 */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    await program(output).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof InputError)) throw error;
    output.warn(error.message);
    return EXIT.failed;
  }
}

function program(output: Output): Command {
  const command = new Command('registry-mirror')
    .description('Tools for RegistryMirrors, a proxy cache in Harbor and the policy that sends Pods to it.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.out(text.trimEnd());
      },
      writeErr: (text) => {
        output.warn(text.trimEnd());
      },
    });
  withFiles(command.command('render'))
    .description('print the policies that the operator would write for these mirrors; needs no cluster and no Harbor')
    .option(
      '--excluded-namespaces <globs>',
      'namespaces whose Pods are never rewritten, separated by commas',
      globs,
      globs(DEFAULT_EXCLUDED),
    )
    .action((input: RenderOptions) => render(input, output));
  withFiles(command.command('check'))
    .description('print what becomes of image names under these mirrors, and why')
    .argument('<images...>', 'image names as in a Pod, e.g. nginx or quay.io/a/b:1')
    .action((images: readonly string[], input: FileOptions) => check({ ...input, images }, output));
  return command;
}

const DEFAULT_EXCLUDED = `${OPTIONS.excludedNamespaces.fallback},registry-mirror-system`;

function withFiles(command: Command): Command {
  return command
    .requiredOption(
      '-f, --filename <file>',
      'YAML or JSON file with RegistryMirrors; - is the standard input; may be given several times',
      (file: string, files: readonly string[] | undefined) => [...(files ?? []), file],
    )
    .option('--harbor-host <host[:port]>', "the pull host of the operator's own Harbor", host);
}

function host(value: string): string {
  return valid(registryHost.safeParse(value));
}

function globs(value: string): readonly string[] {
  return valid(namespaceGlobs.safeParse(value));
}

function valid<T>(
  result: { success: true; data: T } | { success: false; error: { issues: { message: string }[] } },
): T {
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}
