import type { Cluster } from '../cluster/cluster.js';
import type { Narrator } from './narrator.js';

/** Runs kubectl as administrator and shows the command with what it printed. */
export class Kubectl {
  readonly #cluster: Cluster;
  readonly #narrator: Narrator;

  constructor(cluster: Cluster, narrator: Narrator) {
    this.#cluster = cluster;
    this.#narrator = narrator;
  }

  /** Shows a command, word by word as in a shell, with its output. Throws what kubectl says where it fails. */
  async show(line: string, options: { readonly stdin?: string } = {}): Promise<void> {
    this.#narrator.command(`kubectl ${line}`, await this.quiet(words(line), options));
  }

  /** Runs kubectl and returns what it printed; throws what it says where it fails. */
  async quiet(args: readonly string[], options: { readonly stdin?: string } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.#cluster.kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed:\n${stdout}${stderr}`);
    return stdout === '' ? withoutWarnings(stderr) : stdout;
  }
}

/** Kyverno says of each ClusterPolicy that its kind is deprecated. */
function withoutWarnings(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('Warning:'))
    .join('\n');
}

/** Splits at spaces, but not within single quotes. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
