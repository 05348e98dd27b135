import { readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Cluster } from '../cluster/cluster.js';
import { runCommand } from './command.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The command blocks of a page below one heading, as a reader copies them. */
export function commandsOf(page: string, heading: string): readonly string[] {
  return blocksOf(page, heading, 'sh');
}

/** The YAML blocks of a page below one heading. */
export function manifestsOf(page: string, heading: string): readonly string[] {
  return blocksOf(page, heading, 'yaml');
}

export interface Shell {
  /** Folders with more programs than kubectl. */
  readonly path?: readonly string[];
  /** Default: the repository. */
  readonly folder?: string;
}

/**
 * Runs a command as somebody does who copies it from a page, with the cluster's kubectl and as its administrator; a home that is thrown away.
 *
 * @returns what it prints; rejects where it ends with an error
 */
export async function inShell(
  { binaries, folder: home, kubeconfigPath }: Pick<Cluster, 'binaries' | 'folder' | 'kubeconfigPath'>,
  command: string,
  { path = [], folder = ROOT }: Shell = {},
): Promise<string> {
  const env = {
    PATH: [...path, dirname(binaries.kubectl), process.env.PATH].join(delimiter),
    HOME: home,
    KUBECONFIG: kubeconfigPath,
  };
  const { code, stdout, stderr } = await runCommand('bash', ['-euc', command], { env, cwd: folder });
  expect(code, `${command}\n${stderr}`).to.equal(0);
  return stdout;
}

function blocksOf(page: string, heading: string, language: 'sh' | 'yaml'): readonly string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  const blocks = [...(section ?? '').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , block]) => block ?? '');
  if (blocks.length === 0) throw new Error(`${page} has no block of ${language} below "${heading}".`);
  return blocks;
}
