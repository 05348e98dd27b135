import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { LABELS } from '../../api/group.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Config } from '../../config/config.js';
import { harborBaseUrl } from '../../harbor/http/connection.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { clusterIdOf } from '../../kubernetes/cluster-id.js';
import { MIRRORS } from '../../mirror/resource.js';
import { readHmacKey } from '../../credentials/hmac-key.js';
import { Harbors } from '../../harbor/session/harbors.js';
import { Planner } from '../../mirror/plan/planner.js';
import { ownSecretNames } from '../../config/own-secrets.js';
import { ownHarborOf } from '../../config/own-harbor.js';
import { OPERATORS_OWN } from '../../credentials/secrets.js';
import type { Secret, SecretLookup } from '../../credentials/secrets.js';
import { ALL_PODS, ClusterReader, NAMESPACES, secretsOf } from '../cluster/cluster-reader.js';
import { readExcludedNamespaces } from '../../engines/metadata/annotations.js';
import { EXIT } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Labels } from '../../api/object-meta.js';
import type { Pod } from '../explain/pod.js';
import { InputError } from '../input-error.js';
import { connect, withKubeconfigFlags } from '../cluster/kubeconfig.js';
import type { KubeconfigFlags } from '../cluster/kubeconfig.js';
import { readPolicies } from '../cluster/live-policies.js';
import type { PolicyLook } from '../cluster/live-policies.js';
import { readMirrors } from '../files/mirrors-file.js';
import { HARBOR_SETTINGS, isGiven, operatorConfig, withOperatorFlags } from '../operator-flags.js';
import { FORMATS, print } from '../output.js';
import type { Format, Output } from '../output.js';
import { servedEntries } from '../explain/in-force.js';
import { HostIndex } from '../../mirror/claims/host-index.js';
import { Observer } from '../../mirror/look/observe.js';
import { servedBy } from './served.js';
import { pullSecretsOf } from '../../pull-secrets/observe.js';
import { mirrorOf } from '../../pull-secrets/pull-secret.js';
import { mirrorsPerPolicyIn } from './policies.js';
import { planHarborSide } from './harbor-side.js';
import type { PlannedMirror } from './harbor-side.js';
import { plannedMirrors } from './mirrors.js';
import { hasDifferences, hasFailures, makePlan, planLines } from './plan.js';
import { repeated } from '../repeated.js';

interface PlanFlags extends KubeconfigFlags {
  readonly filename?: readonly string[];
  readonly all: boolean;
  readonly output: Format;
}

const EXAMPLES = `
Examples:
  export HARBOR_URL=https://harbor.example.org HARBOR_CREDENTIALS_SECRET=harbor
  registry-mirror plan -f mirrors.yaml
  registry-mirror plan --all

Reads the cluster and Harbor with the operator's settings; writes nothing. Ends with 0 where nothing would change, 1 where
something would, 2 where it can't tell.`;

export function addPlan(program: Command, output: Output, setCode: (code: ExitCode) => void): void {
  const plan = withKubeconfigFlags(program.command('plan'))
    .description(
      'print what the operator would change in Harbor and in the cluster, and which Pods that would have concerned',
    )
    .option(
      '-f, --filename <file>',
      "RegistryMirrors to plan for, as if applied: a file or a folder; - is the standard input; may be given several times (default: the cluster's)",
      repeated,
    )
    .option('--all', 'list all Pods, not only the first 20', false)
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(FORMATS).default('text'));
  withOperatorFlags(plan, [
    ...HARBOR_SETTINGS,
    'namespace',
    'clusterId',
    'keySecret',
    'excludedNamespaces',
    'autoEngines',
    'mirrorsPerPolicy',
  ])
    .addHelpText('after', EXAMPLES)
    .action(async (flags: PlanFlags) => {
      setCode(await planCommand(flags, output));
    });
}

async function planCommand(flags: PlanFlags, output: Output): Promise<ExitCode> {
  const config = operatorConfig(flags);
  const files = flags.filename === undefined ? [] : await readMirrors(flags.filename, output);
  const { api } = await connect(flags);
  const reader = new ClusterReader(api, output);
  const live = await reader.list<RegistryMirror>(MIRRORS);
  const look = await readPolicies(reader);
  if (look === undefined)
    throw new InputError('A plan needs to read policies: see the ClusterRole in the documentation.');
  const planned = plannedMirrors(live, files, new Date().toISOString());
  const harbor = await harborSide(config, reader, { mirrors: planned.mirrors, live, look });
  try {
    const plan = await makePlan({
      planned,
      look,
      ...(await readPods(reader)),
      excludedNamespaces: excludedNamespaces(flags, config, look),
      autoEngines: config.autoEngines,
      mirrorsPerPolicy: config.mirrorsPerPolicy ?? mirrorsPerPolicyIn(look.policies),
      harborSide: harbor.plan,
    });
    print(output, flags.output, plan, () => planLines(plan, flags.all));
    if (hasFailures(plan)) return EXIT.error;
    return hasDifferences(plan) ? EXIT.differences : EXIT.ok;
  } finally {
    await harbor.stop();
  }
}

interface HarborSide {
  readonly plan: (mirror: RegistryMirror) => Promise<PlannedMirror>;
  readonly stop: () => Promise<void>;
}

interface Subjects {
  readonly mirrors: readonly RegistryMirror[];
  readonly live: readonly RegistryMirror[];
  readonly look: PolicyLook;
}

/** The operator's own way to Harbor, up to the planner. */
async function harborSide(
  config: Config,
  reader: ClusterReader,
  { mirrors, live, look }: Subjects,
): Promise<HarborSide> {
  const { namespace, keySecret } = config;
  const secrets = await readSecrets(reader, namespace);
  const key = await reader.ifAllowed(
    `the Secret ${keySecret}`,
    () => readHmacKey(reader.api, namespace, keySecret),
    "whether an upstream's password differs is not known, and shown as a difference",
  );
  const own = ownSecretNames(config);
  const secret: SecretLookup = { namespace, find: (name) => (own.has(name) ? OPERATORS_OWN : secrets.get(name)) };
  const clusterId = config.clusterId ?? (await clusterIdOf(reader.api));
  const harbors = new Harbors({
    own: { ...ownHarborOf(config), pullHost: config.harborPullHost ?? knownPullHost(live, config.harborUrl) },
    secrets: { secret, ownSecret: { namespace, find: (name) => secrets.get(name) } },
    // Whether Harbor is up is for this look to find out, and not for what was seen before.
    mirrors: () => mirrors.map((mirror) => ({ ...mirror, status: { ...mirror.status, conditions: [] } })),
    checkEveryMs: config.healthIntervalMs,
    thresholds: { failures: config.healthFailures, successes: config.healthSuccesses },
    requestTimeoutMs: config.requestTimeoutMs,
    proxy: config.proxy,
    onResponse: () => undefined,
    onChange: () => undefined,
    onTurn: () => undefined,
    onBug: (_, error) => {
      process.emitWarning(error instanceof Error ? error : String(error));
    },
    findMissingPermissions: () => Promise.resolve([]),
    onMissingPermissions: () => undefined,
    now: () => performance.now(),
  });
  const planner = new Planner({ clusterId, minIntervalMs: config.minIntervalMs, monotonic: () => performance.now() });
  const served = servedEntries(mirrors, look);
  const hosts = new HostIndex();
  for (const mirror of mirrors) hosts.set(mirror);
  const hmacKey = key ?? randomBytes(32);
  const observer = new Observer({
    asks: 'once',
    harbors,
    hosts,
    policies: servedBy(served),
    planner,
    secret,
    hmacKey: () => Promise.resolve(hmacKey),
    clusterId,
    // What served through a project before is not retired in a plan: that takes the switch of the Pods first.
    retirement: { observe: () => undefined },
  });
  const byMirror = Map.groupBy(secrets.values(), mirrorOf);
  const inNamespace = { pullSecretsOf: (mirror: string) => byMirror.get(mirror) ?? [] };
  const options = {
    observer,
    harbors,
    clusterId,
    isIncluded: (name: string) => served.has(name),
    pullSecretsOf: (mirror: RegistryMirror) => pullSecretsOf(mirror, inNamespace),
    now: Date.now(),
  };
  return { plan: (mirror) => planHarborSide(mirror, options), stop: () => harbors.stop() };
}

async function readSecrets(reader: ClusterReader, namespace: string): Promise<ReadonlyMap<string, Secret>> {
  const secrets = await reader.ifAllowed(
    `Secrets in the namespace ${namespace}`,
    () => reader.list<Secret>(secretsOf(namespace), { labelSelector: LABELS.credentials }),
    'mirrors that refer to one are not planned',
  );
  return new Map((secrets ?? []).map((secret) => [secret.metadata.name, secret]));
}

/** What the operator takes for the pull host, which may be its setting and not what Harbor says. */
function knownPullHost(live: readonly RegistryMirror[], harborUrl: string): string | undefined {
  const mirror = live.find(
    ({ spec, status }) =>
      spec.harbor === undefined && status.pullPrefix !== undefined && status.harbor?.url === harborBaseUrl(harborUrl),
  );
  return mirror?.status.pullPrefix?.split('/')[0];
}

/** As given; else as the policies in the cluster have them, since the operator may have been told others than the default. */
function excludedNamespaces(flags: object, config: Config, { policies }: PolicyLook): readonly string[] {
  if (isGiven('excludedNamespaces', flags)) return config.excludedNamespaces;
  const known = policies.map(({ object }) => readExcludedNamespaces(object)).find((names) => names !== undefined);
  return known ?? config.excludedNamespaces;
}

async function readPods(
  reader: ClusterReader,
): Promise<{ readonly pods: readonly Pod[]; readonly namespaces: ReadonlyMap<string, Labels> }> {
  const pods = await reader.ifAllowed('Pods', () => reader.list<Pod>(ALL_PODS), 'none are listed');
  const namespaces = await reader.ifAllowed(
    'namespaces',
    () => reader.list<KubernetesObject>(NAMESPACES),
    'their labels are taken to be none',
  );
  return {
    pods: pods ?? [],
    namespaces: new Map((namespaces ?? []).map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
  };
}
