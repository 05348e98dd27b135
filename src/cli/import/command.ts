import { Option } from 'commander';
import type { Command } from 'commander';
import type { Config } from '../../config/config.js';
import { createHarborClient } from '../../harbor/client.js';
import type { HarborClient } from '../../harbor/client.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { clusterIdOf } from '../../kubernetes/cluster-id.js';
import { ENGINES } from '../../engines/engines.js';
import { readCaCertificate, readCredentials } from '../../credentials/secrets.js';
import type { OwnSecretLookup, Read, Secret } from '../../credentials/secrets.js';
import { ClusterReader, secretsOf } from '../cluster/cluster-reader.js';
import { InputError } from '../input-error.js';
import { connect, withKubeconfigFlags } from '../cluster/kubeconfig.js';
import type { KubeconfigFlags } from '../cluster/kubeconfig.js';
import { isRecord, readObjects } from '../files/objects-file.js';
import { HARBOR_SETTINGS, operatorConfig, withOperatorFlags } from '../operator-flags.js';
import type { Output } from '../output.js';
import { readHandMade } from './hand-made.js';
import type { HandMadePolicy } from './hand-made.js';
import { importAll } from './import.js';
import { manifests, problems } from './manifests.js';
import { readHarbor } from './proxy-project.js';
import { repeated } from '../repeated.js';

type ImportFormat = 'yaml' | 'json';

interface ImportFlags extends KubeconfigFlags {
  readonly fromCluster: boolean;
  readonly policy?: readonly string[];
  readonly output: ImportFormat;
}

const EXAMPLES = `
Examples:
  export HARBOR_URL=https://harbor.example.org HARBOR_USERNAME=admin HARBOR_PASSWORD_FILE=password
  registry-mirror import > mirrors.yaml
  registry-mirror import --from-cluster > mirrors.yaml
  registry-mirror import --policy replace-image-registry.yaml

Then read what it says in mirrors.yaml, create the Secrets that are named there, and kubectl apply -f mirrors.yaml. That changes
nothing in Harbor but the ownership mark in the endpoints' descriptions. import itself writes nothing.`;

export function addImport(program: Command, output: Output): void {
  const command = withKubeconfigFlags(program.command('import'))
    .description('print RegistryMirrors for the proxy-cache projects that a Harbor has already')
    .option(
      '--from-cluster',
      'look for hand-made ClusterPolicies in the cluster, and leave out what its mirrors have',
      false,
    )
    .option('--policy <file>', 'a file with hand-made ClusterPolicies; may be given several times', repeated)
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['yaml', 'json']).default('yaml'));
  withOperatorFlags(command, [...HARBOR_SETTINGS, 'namespace', 'clusterId', 'excludedNamespaces'])
    .addHelpText('after', EXAMPLES)
    .action((flags: ImportFlags) => importCommand(flags, output));
}

async function importCommand(flags: ImportFlags, output: Output): Promise<void> {
  const config = operatorConfig(flags);
  const needsCluster = flags.fromCluster || config.harborLogin.kind === 'secret' || config.harborCaSecret !== undefined;
  const reader = needsCluster ? new ClusterReader((await connect(flags)).api, output) : undefined;
  const client = await openHarbor(config, reader);
  try {
    const content = await readHarbor(client, output);
    const policies = await handMade(flags, reader, await pullHosts(config, client));
    const clusterId = config.clusterId ?? (reader === undefined ? undefined : await clusterIdOf(reader.api));
    const { namespace, excludedNamespaces } = config;
    const imported = importAll(content, { namespace, clusterId, policies, excludedNamespaces });
    if (imported.length === 0) output.warn(`${config.harborUrl} has no proxy-cache projects that this account sees.`);
    for (const line of problems(imported)) output.warn(line);
    output.out(manifests(imported, policies, config.harborUrl, flags.output));
  } finally {
    client.close();
  }
}

async function openHarbor(config: Config, reader: ClusterReader | undefined): Promise<HarborClient> {
  const { harborUrl: url, harborLogin: login, harborCaSecret, requestTimeoutMs, proxy, namespace } = config;
  const names = [login.kind === 'secret' ? login.name : undefined, harborCaSecret].filter((name) => name !== undefined);
  const found = await Promise.all(names.map(async (name) => reader?.get<Secret>(secretsOf(namespace), name)));
  const lookup: OwnSecretLookup = { namespace, find: (name) => found.find((secret) => secret?.metadata.name === name) };
  const given =
    login.kind === 'given'
      ? login
      : fromCredentials(valueOf(readCredentials({ name: login.name, use: 'harbor', url }, lookup)));
  const certificate =
    harborCaSecret === undefined
      ? {}
      : { caCertificate: valueOf(readCaCertificate({ name: harborCaSecret, use: 'harbor', url }, lookup)) };
  const { username, password } = given;
  const insecureSkipTLSVerify = config.harborInsecureSkipTLSVerify;
  return createHarborClient(
    { url, username, password, insecureSkipTLSVerify, ...certificate },
    { requestTimeoutMs, proxy },
  );
}

function fromCredentials(credentials: { readonly accessKey: string; readonly accessSecret: string }): {
  readonly username: string;
  readonly password: string;
} {
  return { username: credentials.accessKey, password: credentials.accessSecret };
}

function valueOf<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  throw new InputError(read.problem.kind === 'ready' ? 'The Secret can not be used.' : read.problem.message);
}

/** The names under which policies may know this Harbor. */
async function pullHosts({ harborUrl, harborPullHost }: Config, client: HarborClient): Promise<readonly string[]> {
  const { externalUrl } = await client.systemInfo();
  const urls = [harborUrl, ...(externalUrl !== undefined && URL.canParse(externalUrl) ? [externalUrl] : [])];
  return [
    ...new Set([...urls.map((url) => new URL(url).host), ...(harborPullHost === undefined ? [] : [harborPullHost])]),
  ];
}

async function handMade(
  { fromCluster, policy: files = [] }: ImportFlags,
  reader: ClusterReader | undefined,
  hosts: readonly string[],
): Promise<readonly HandMadePolicy[]> {
  const read = (await readObjects(files)).map(({ object }) => object);
  const live =
    fromCluster && reader !== undefined
      ? await reader.listIfServed<KubernetesObject>(ENGINES.ClusterPolicy.resource)
      : [];
  return [...read.filter(isObject), ...live].flatMap((policy) => readHandMade(policy, hosts) ?? []);
}

function isObject(value: unknown): value is KubernetesObject {
  return isRecord(value) && isRecord(value.metadata) && typeof value.metadata.name === 'string';
}
