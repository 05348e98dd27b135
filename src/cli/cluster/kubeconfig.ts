import { existsSync } from 'node:fs';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Command } from 'commander';
import { KubernetesApi } from '../../kubernetes/api.js';
import { InputError } from '../input-error.js';

/** The flags that say which cluster is meant; without them `KUBECONFIG`, ~/.kube/config, or the Pod's own account. */
export interface KubeconfigFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A cluster to read from. */
interface ClusterConnection {
  readonly api: KubernetesApi;
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string;
}

export function withKubeconfigFlags(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig to use (default: KUBECONFIG, else ~/.kube/config)')
    .option('--context <name>', "the kubeconfig's context to use");
}

/**
 * The cluster that the flags, the environment and the kubeconfig name. Nothing is sent yet.
 *
 * @throws InputError where there is none
 */
export async function connect(flags: KubeconfigFlags): Promise<ClusterConnection> {
  // Takes a third of a second to load, and some commands need no cluster.
  const { KubeConfig: Loaded } = await import('@kubernetes/client-node');
  const config = new Loaded();
  load(config, flags);
  const context = flags.context ?? config.getCurrentContext();
  const found = config.getContextObject(context);
  if (flags.context !== undefined && found === null) {
    throw new InputError(`The kubeconfig has no context ${flags.context}: it has ${contexts(config)}.`);
  }
  if (flags.context !== undefined) config.setCurrentContext(flags.context);
  // What the library falls back to where there is neither a kubeconfig nor a Pod's service account.
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === 'http://localhost:8080') {
    throw new InputError('There is no cluster to read: set KUBECONFIG, or give --kubeconfig.');
  }
  return { api: new KubernetesApi(config), namespace: found?.namespace ?? 'default' };
}

function load(config: KubeConfig, { kubeconfig }: KubeconfigFlags): void {
  if (kubeconfig !== undefined && !existsSync(kubeconfig)) throw new InputError(`There is no file ${kubeconfig}.`);
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new InputError(`The kubeconfig can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function contexts(config: KubeConfig): string {
  return config
    .getContexts()
    .map(({ name }) => name)
    .join(', ');
}
