import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from '../support/command.js';
import { BuildError } from './build-error.js';
import type { ProgramName } from './programs.js';

/** The programs in the folder that KUBEBUILDER_ASSETS names: etcd, kube-apiserver, kubectl, as far as they are there. */
export function fromKubebuilderAssets(): ReadonlyMap<ProgramName, string> {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (folder === undefined || folder === '') return new Map();
  if (!existsSync(folder)) {
    throw new BuildError(
      'AssetsMissing',
      `KUBEBUILDER_ASSETS names ${folder}, which does not exist. Unset it to have the programs built, or fill it with setup-envtest.`,
    );
  }
  const names = ['etcd', 'kube-apiserver', 'kubectl'] as const;
  return new Map(names.map((name) => [name, join(folder, name)] as const).filter(([, path]) => existsSync(path)));
}

function minorOf(version: string): number {
  return Number(/^v1\.(\d+)\./.exec(version)?.[1]);
}

/**
 * The kubectl on PATH, if its version is at most one minor version away from `serverVersion` ("v1.36.3"): kubectl supports no other
 * server.
 */
export async function kubectlOnPath(serverVersion: string): Promise<string | undefined> {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'kubectl'))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  const answer = await runCommand(path, ['version', '--client', '-o', 'json']);
  const version = /"gitVersion": "([^"]*)"/.exec(answer.stdout)?.[1] ?? '';
  return Math.abs(minorOf(version) - minorOf(serverVersion)) <= 1 ? path : undefined;
}
