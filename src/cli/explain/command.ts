import { Option } from 'commander';
import type { Command } from 'commander';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { MIRRORS } from '../../mirror/resource.js';
import { ClusterReader, NAMESPACES, podsOf, serviceAccountsOf } from '../cluster/cluster-reader.js';
import { InputError } from '../input-error.js';
import { connect, withKubeconfigFlags } from '../cluster/kubeconfig.js';
import type { KubeconfigFlags } from '../cluster/kubeconfig.js';
import { readPolicies } from '../cluster/live-policies.js';
import { nameOf, readObjects } from '../files/objects-file.js';
import { FORMATS, print } from '../output.js';
import type { Format, Output } from '../output.js';
import { explainPod } from './explain.js';
import { servedEntries } from './in-force.js';
import type { Pod } from './pod.js';
import type { PodContext, PullSecrets, Reason } from './pod-rules.js';
import type { ExplainedImage } from './verdict.js';

interface ExplainFlags extends KubeconfigFlags {
  readonly namespace?: string;
  readonly filename?: string;
  readonly output: Format;
}

const EXAMPLES = `
Examples:
  registry-mirror explain pod web-5d9c -n shop
  registry-mirror explain pod -f pod.yaml -o json

Needs to read RegistryMirrors and the Pod; reads policies, webhooks, the namespace and the ServiceAccount where it may. Changes nothing.`;

export function addExplain(program: Command, output: Output): void {
  const explain = program.command('explain').description('say why something is as it is');
  explain.on('command:*', (words: readonly string[]) => {
    throw new InputError(
      `Pods are explained, and nothing else: registry-mirror explain pod ${podMeant(words)} -n NAMESPACE`,
    );
  });
  withKubeconfigFlags(explain.command('pod'))
    .description('say of each image of a Pod which mirror it belongs to, and whether it was rewritten or why not')
    .argument('[name]', "the Pod's name")
    .option('-n, --namespace <name>', "the Pod's namespace (default: the kubeconfig's)")
    .option('-f, --filename <file>', 'a Pod that is yet to be created, as YAML or JSON; - is the standard input')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(FORMATS).default('text'))
    .addHelpText('after', EXAMPLES)
    .action((name: string | undefined, flags: ExplainFlags) => explainCommand(name, flags, output));
}

/** `web` and `pod/web` are what one types first. */
function podMeant(words: readonly string[]): string {
  const [, name] = /^(?:pods?\/)?([^/]+)$/.exec(words.join('/')) ?? [];
  return name ?? 'NAME';
}

async function explainCommand(name: string | undefined, flags: ExplainFlags, output: Output): Promise<void> {
  if ((name === undefined) === (flags.filename === undefined)) {
    throw new InputError('Give either the name of a Pod or a file with -f.');
  }
  const given = flags.filename === undefined ? undefined : await podFromFile(flags.filename);
  const connection = await connect(flags);
  const reader = new ClusterReader(connection.api, output);
  const namespace = flags.namespace ?? given?.metadata.namespace ?? connection.namespace;
  const pod = given ?? (await podFromCluster(reader, namespace, name ?? ''));
  const [mirrors, look, context] = await Promise.all([
    reader.list<RegistryMirror>(MIRRORS),
    readPolicies(reader),
    contextOf(reader, pod, namespace, given === undefined),
  ]);
  const images = explainPod(context, { mirrors, served: servedEntries(mirrors, look), exists: given === undefined });
  print(output, flags.output, { pod: pod.metadata.name, namespace, images }, () => images.map(line));
}

async function podFromFile(path: string): Promise<Pod> {
  const [first, ...more] = await readObjects([path]);
  const pod = first?.object as Partial<Pod> | undefined;
  if (pod === undefined || more.length > 0 || pod.kind !== 'Pod' || pod.spec === undefined) {
    throw new InputError(`There must be one Pod and nothing else in ${nameOf(path)}.`);
  }
  return { ...pod, spec: pod.spec, metadata: { ...pod.metadata, name: pod.metadata?.name ?? '' } };
}

async function podFromCluster(reader: ClusterReader, namespace: string, name: string): Promise<Pod> {
  const pod = await reader.get<Pod & KubernetesObject>(podsOf(namespace), name);
  if (pod === undefined) throw new InputError(`There is no Pod ${name} in the namespace ${namespace}.`);
  return pod;
}

async function contextOf(reader: ClusterReader, pod: Pod, namespace: string, exists: boolean): Promise<PodContext> {
  const found = await reader.ifAllowed(
    `the namespace ${namespace}`,
    () => reader.get(NAMESPACES, namespace),
    'its labels are taken to be none',
  );
  const name = pod.spec.serviceAccountName ?? 'default';
  const account = await reader.ifAllowed(
    `the ServiceAccount ${name}`,
    () => reader.get<ServiceAccount>(serviceAccountsOf(namespace), name),
    'what it adds to the Pod is not known',
  );
  return {
    pod,
    namespace,
    namespaceLabels: found?.metadata.labels ?? {},
    pullSecrets: pullSecrets(pod, account, exists),
  };
}

interface ServiceAccount extends KubernetesObject {
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

/** The ServiceAccount's secrets go to the Pods that have none of their own, at their creation. */
function pullSecrets({ spec }: Pod, account: ServiceAccount | undefined, exists: boolean): PullSecrets {
  const names = (list: Pod['spec']['imagePullSecrets'] = []): readonly string[] =>
    list.map((entry) => entry.name ?? '');
  const [own, inherited] = [names(spec.imagePullSecrets), names(account?.imagePullSecrets)];
  const isInherited = inherited.length > 0 && (exists ? own.join() === inherited.join() : own.length === 0);
  return isInherited && account !== undefined
    ? { names: inherited, serviceAccount: account.metadata.name }
    : { names: own };
}

/** One line, one image. */
export function line(image: ExplainedImage): string {
  const where = `${image.place} ${image.name}`;
  switch (image.outcome) {
    case 'Rewritten': {
      const by = image.mirror === undefined ? 'by a mirror that is gone' : `mirror ${image.mirror}`;
      return `${where}: ${image.original} -> ${image.image} (${by})${closer(image.passedOver)}`;
    }
    case 'ThroughMirror':
      return `${where}: ${image.image} pulls through mirror ${image.mirror}; the Pod doesn't say whether it was rewritten or written so`;
    case 'WouldBeRewritten':
      return `${where}: ${image.image} would become ${image.rewritten} (mirror ${image.mirror})${closer(image.passedOver)}`;
    case 'Unchanged': {
      const name = image.reason.code === 'InvalidName' ? JSON.stringify(image.image) : image.image;
      const mirror = image.mirror === undefined ? '' : ` (mirror ${image.mirror})`;
      return `${where}: ${name} stays as it is${mirror}: ${image.reason.text}`;
    }
  }
}

function closer(reason: Reason | undefined): string {
  return reason === undefined ? '' : `; one that names it more closely is out: ${reason.text}`;
}
