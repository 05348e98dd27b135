import { text } from 'node:stream/consumers';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { proxyFrom } from '../../config/config.js';
import { flag } from '../../config/values.js';
import { createHarborClient } from '../../harbor/client.js';
import type { HarborClient } from '../../harbor/client.js';
import { harborBaseUrl } from '../../harbor/http/connection.js';
import { readText } from '../files/objects-file.js';
import { InputError } from '../input-error.js';

/** Where Harbor is, and its administrator's login, by the names that these flags have in the other commands. */
export interface LoginFlags extends FormerFlags {
  readonly harborUrl?: string;
  readonly harborUsername?: string;
  readonly harborPasswordFile?: string;
  readonly harborPasswordStdin?: boolean;
  readonly harborCaFile?: string;
  readonly harborInsecureSkipTlsVerify?: boolean;
}

/** What these flags were called before; still taken. */
interface FormerFlags {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
  readonly caFile?: string;
  readonly insecureSkipTlsVerify?: boolean;
}

/** The variables HARBOR_USERNAME and HARBOR_PASSWORD don't count here: they are the operator's login, which may make no robot accounts. */
export function withLoginFlags(command: Command): Command {
  command
    .addOption(new Option('--harbor-url <url>', "Harbor's url").env('HARBOR_URL'))
    .option('--harbor-username <name>', "the administrator's name (default: admin)")
    .option('--harbor-password-file <path>', "a file with the administrator's password")
    .option('--harbor-password-stdin', 'read it from the standard input')
    .option('--harbor-ca-file <path>', "Harbor's CA certificate, in PEM")
    .option('--harbor-insecure-skip-tls-verify <boolean>', 'take any certificate: for experiments only', trueOrFalse);
  const former = ['--username <name>', '--password-file <path>', '--password-stdin', '--ca-file <path>'];
  for (const name of [...former, '--insecure-skip-tls-verify']) command.addOption(new Option(name).hideHelp());
  return command;
}

/**
 * A client of Harbor with this login.
 *
 * @throws InputError where a flag is missing or can't be used
 */
export async function adminClient(flags: LoginFlags): Promise<HarborClient> {
  const url = flags.harborUrl;
  if (url === undefined) throw new InputError('Give the url of Harbor with --harbor-url.');
  const caFile = flags.harborCaFile ?? flags.caFile;
  const password = await readPassword(flags);
  try {
    return createHarborClient(
      {
        url: harborBaseUrl(url),
        username: userNameIn(flags),
        password,
        insecureSkipTLSVerify: flags.harborInsecureSkipTlsVerify ?? flags.insecureSkipTlsVerify ?? false,
        ...(caFile === undefined ? {} : { caCertificate: readText(caFile) }),
      },
      { proxy: proxyFrom(process.env) },
    );
  } catch (error) {
    // The only errors of the constructor: a url or a certificate that can't be used. Their text says what to write.
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

export function userNameIn({ harborUsername, username }: LoginFlags): string {
  return harborUsername ?? username ?? 'admin';
}

async function readPassword(flags: LoginFlags): Promise<string> {
  const file = flags.harborPasswordFile ?? flags.passwordFile;
  const stdin = flags.harborPasswordStdin ?? flags.passwordStdin ?? false;
  if ((file === undefined) !== stdin) {
    throw new InputError(
      "Give the administrator's password with either --harbor-password-file or --harbor-password-stdin.",
    );
  }
  const content = file === undefined ? await text(process.stdin) : readText(file);
  const password = content.replace(/\r?\n$/, '');
  if (password === '') throw new InputError("The administrator's password is empty.");
  return password;
}

function trueOrFalse(value: string): boolean {
  const result = flag.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}
