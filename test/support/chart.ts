import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { runCommand } from './command.js';
import type { CommandResult } from './command.js';

export const CHART = fileURLToPath(new URL('../../charts/registry-mirror-operator', import.meta.url));
export const RELEASE = 'registry-mirror-operator';
const HARBOR = { url: 'https://harbor.example.org' };

export type Values = Readonly<Record<string, unknown>>;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface HelmOptions {
  readonly program: string;
  /** Where helm keeps what it keeps; not the caller's home. */
  readonly folder: string;
  readonly namespace: string;
  readonly kubeconfig?: string;
}

/** Runs helm with values on its standard input, as files give them. */
export async function helm(
  { program, folder, namespace, kubeconfig }: HelmOptions,
  args: readonly string[],
  values?: Values,
): Promise<CommandResult> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    HELM_CACHE_HOME: join(folder, 'helm-cache'),
    HELM_CONFIG_HOME: join(folder, 'helm-config'),
    HELM_DATA_HOME: join(folder, 'helm-data'),
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  };
  const all = values === undefined ? [] : ['--values', '-'];
  return await runCommand(program, [...args, '--namespace', namespace, ...all], {
    env,
    ...(values === undefined ? {} : { stdin: JSON.stringify(withHarbor(values)) }),
  });
}

/** What `helm template` makes of these values; throws with helm's words where it refuses them. */
export async function renderChart(options: HelmOptions, values: Values = {}): Promise<readonly Manifest[]> {
  const served = ['--api-versions', 'registrymirror.io/v1alpha1/RegistryMirror'];
  const { code, stdout, stderr } = await helm(options, ['template', RELEASE, CHART, ...served], values);
  if (code !== 0) throw new Error(stderr);
  return manifestsIn(stdout);
}

/** The objects in what helm prints. */
export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() ?? []) as Manifest | []);
}

function withHarbor(values: Values): Values {
  return { ...values, harbor: { ...HARBOR, ...(values.harbor as object | undefined) } };
}
