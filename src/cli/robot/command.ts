import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { objectName } from '../../config/values.js';
import type { HarborClient } from '../../harbor/client.js';
import { isHarborError } from '../../harbor/http/errors.js';
import type { CreatedRobot, NewRobot } from '../../harbor/types.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import { InputError } from '../input-error.js';
import { connect, withKubeconfigFlags } from '../cluster/kubeconfig.js';
import { yaml } from '../output.js';
import type { Output } from '../output.js';
import { newRobot } from '../../harbor/permissions.js';
import type { RobotDuties } from '../../harbor/permissions.js';
import { deleteRobots } from './delete.js';
import type { DeleteFlags } from './delete.js';
import { adminClient, withLoginFlags } from './login.js';
import { applySecret, credentialsSecret } from './secret.js';

interface RobotFlags extends RobotDuties, DeleteFlags {
  readonly days: number;
  readonly all: boolean;
  readonly create: boolean;
  readonly delete: boolean;
  readonly namespace: string;
  readonly secret: string;
  readonly apply: boolean;
}

const EXAMPLES = `
Examples:
  registry-mirror harbor-robot --quotas
  registry-mirror harbor-robot --create --harbor-url https://harbor.example.org --harbor-password-file pw > harbor-secret.yaml
  pass harbor/admin | registry-mirror harbor-robot --all --create --harbor-url https://harbor.example.org --harbor-password-stdin --apply
  registry-mirror harbor-robot --delete --minted --harbor-url https://harbor.example.org --harbor-password-file pw

Without --create and --delete nothing is sent anywhere: the JSON is for POST /api/v2.0/robots. With --create the Secret's manifest,
with the robot's secret in it, goes to the standard output; with --apply to the cluster, and nowhere else. --delete deletes only what
this command or the operator made, and leaves the Secret alone.`;

/** What only a new robot account, or its Secret, can have. */
const OF_NEW_ROBOTS = ['create', 'apply', 'days', 'quotas', 'pullRobots', 'all', 'namespace', 'secret'];

export function addHarborRobot(program: Command, output: Output): void {
  const command = withKubeconfigFlags(program.command('harbor-robot'))
    .description(
      "print the operator's robot account for Harbor, with just the permissions that it needs; create it, or delete it",
    )
    .option('--name <name>', "the robot's short name; Harbor makes robot$NAME of it", 'registry-mirror-operator')
    .option('--days <number>', 'how long it is valid; -1: until it is deleted', days, -1)
    .option('--quotas', 'for project.storageQuota: it may change quotas', false)
    .option('--pull-robots', 'for rewrite.pullSecret Inject: it may make robots that pull', false)
    .option('--all', '--quotas and --pull-robots', false)
    .option('--create', 'create it, with the account of an administrator', false)
    .addOption(
      new Option('--delete', 'delete it, with the account of an administrator').default(false).conflicts(OF_NEW_ROBOTS),
    )
    .addOption(
      new Option('--minted', 'with --delete: those that the operator made for itself in this cluster (MINT_ROBOT)')
        .default(false)
        .conflicts('name'),
    )
    .addOption(
      new Option(
        '--cluster-id <id>',
        "with --minted: which cluster's operator, as in its settings (default: the uid of namespace kube-system)",
      ).env('CLUSTER_ID'),
    );
  withLoginFlags(command)
    .option(
      '-n, --namespace <name>',
      "the operator's namespace, for the Secret",
      kubernetesName,
      'registry-mirror-system',
    )
    .option('--secret <name>', "the Secret's name", kubernetesName, 'harbor')
    .option('--apply', 'write the Secret to the cluster rather than to the standard output', false)
    .addHelpText('after', EXAMPLES)
    .action((flags: RobotFlags) => robotCommand(flags, output));
}

async function robotCommand(flags: RobotFlags, output: Output): Promise<void> {
  if (flags.delete) {
    await deleteRobots(flags, output);
    return;
  }
  if (flags.minted) throw new InputError('--minted goes with --delete.');
  const { quotas, pullRobots, all } = flags;
  const duties = { quotas: quotas || all, pullRobots: pullRobots || all };
  const robot = newRobot(flags.name, flags.days, duties);
  if (flags.create) await create(robot, flags, output);
  else if (flags.apply) throw new InputError('--apply goes with --create.');
  else output.out(JSON.stringify(wireForm(robot), undefined, 2));
}

/** As Harbor's API has it. */
function wireForm({ durationDays, ...robot }: NewRobot): object {
  return { ...robot, duration: durationDays };
}

async function create(robot: NewRobot, flags: RobotFlags, output: Output): Promise<void> {
  const client = await adminClient(flags);
  try {
    const { namespace, secret } = flags;
    const api = flags.apply ? (await connect(flags)).api : undefined;
    // Harbor tells the robot's secret once: first see that it can be kept.
    const sample = credentialsSecret(secret, namespace, { username: 'robot', password: 'none' });
    if (api !== undefined) await applySecret(api, sample, { dryRun: true });
    const created = await createRobot(client, robot);
    const manifest = credentialsSecret(secret, namespace, { username: created.name, password: created.secret });
    if (api === undefined) output.out(yaml([manifest]));
    else await keep(api, manifest, client, created.id);
    output.warn(`Robot account ${created.name} is created.`);
    if (api !== undefined) output.warn(`Its login is in the Secret ${namespace}/${secret}.`);
  } finally {
    client.close();
  }
}

/** A robot whose secret is lost is good for nothing, and in the way of the next try. */
async function keep(
  api: KubernetesApi,
  manifest: Parameters<typeof applySecret>[1],
  client: HarborClient,
  robotId: number,
): Promise<void> {
  try {
    await applySecret(api, manifest, { dryRun: false });
  } catch (error) {
    await client.deleteRobot(robotId);
    throw error;
  }
}

async function createRobot(client: HarborClient, robot: NewRobot): Promise<CreatedRobot> {
  try {
    return await client.createRobot(robot);
  } catch (error) {
    if (!isHarborError(error, 'conflict')) throw error;
    throw new InputError(
      `Harbor has a robot account ${robot.name} already: delete it there, or choose another --name.`,
    );
  }
}

function days(value: string): number {
  if (/^(-1|[1-9]\d{0,4})$/.test(value)) return Number(value);
  throw new InvalidArgumentError('must be a number of days above 0, or -1');
}

function kubernetesName(value: string): string {
  const result = objectName.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}
