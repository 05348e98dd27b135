import { writeFileSync } from 'node:fs';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { progressToStderr } from '../../cluster/progress.js';
import { startHarbor } from '../../harbor/index.js';
import { dryRun, images, podOf } from '../../integration/policy/pod.js';
import { createMirrors, removeAll } from '../../support/fleet.js';
import { eventually } from '../../support/wait.js';
import { createWorld, PULL_HOST } from '../../support/world.js';
import { RECORDED_LATENCY } from '../latency.js';
import { machineOf } from '../scale/machine.js';
import { machineLine } from '../scale/report.js';
import { table } from '../table.js';
import { byHandOptions, USAGE } from './options.js';
import { makeInHarbor, policiesOf, removeFromHarbor } from './script.js';
import type { Registry } from './script.js';

/** How long one way took, in seconds. */
interface Way {
  readonly way: string;
  /** From the first command until the last one's Pods are rewritten. */
  readonly create: number;
  /** From the first command until Harbor has none of them, and the last one's Pods are left as they are. */
  readonly remove: number;
}

/** What an operator saves the person who would write a script: on the same real API server, with the same Kyverno, and Harbors that take as long. */
export async function benchByHand(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const { mirrors, jsonFile } = byHandOptions(args);
  const cluster = await startCluster({
    kyverno: true,
    extraPrograms: ['helm'],
    controllerManager: false,
    progress: progressToStderr,
  });
  try {
    const machine = await machineOf(cluster);
    const namespace = await cluster.createNamespace();
    const ways = [await byScript(cluster, namespace, mirrors), await byOperator(cluster, namespace, mirrors)];
    print(`${machineLine(machine)}\n`);
    const rows = ways.map(({ way, create, remove }) => [way, create.toFixed(1), remove.toFixed(1)]);
    for (const line of table([`${mirrors} registries`, 'create, s', 'remove, s'], rows)) print(line);
    if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ machine, args, ways }, undefined, 2)}\n`);
  } finally {
    await cluster.stop();
  }
}

async function byScript(cluster: Cluster, namespace: string, count: number): Promise<Way> {
  progressToStderr(`${count} registries by a script`);
  const harbor = await startHarbor({ latency: RECORDED_LATENCY, unmappedHealthy: true });
  const registries = registriesOf('script', count);
  const last = registries.at(-1);
  const policies = policiesOf(registries);
  try {
    const create = await seconds(async () => {
      await makeInHarbor(harbor, registries);
      await cluster.apply(policies);
      await untilImage(cluster, namespace, last, cached);
    });
    for (const each of registries) await untilImage(cluster, namespace, each, cached);
    const remove = await seconds(async () => {
      // First, so that no Pod is sent to what is not there any more.
      await cluster.kubectl(['delete', '-f', '-'], { stdin: policies });
      await untilImage(cluster, namespace, last, direct);
      await removeFromHarbor(harbor, registries);
    });
    return { way: 'by a script, one policy each', create, remove };
  } finally {
    await harbor.stop();
  }
}

async function byOperator(cluster: Cluster, namespace: string, count: number): Promise<Way> {
  progressToStderr(`${count} registries by the operator`);
  const env = { LOG_LEVEL: 'info', HEALTH_INTERVAL: '10s', MIN_INTERVAL: '30s' };
  const world = await createWorld(cluster, { harbor: { latency: RECORDED_LATENCY }, env });
  const registries = registriesOf('operator', count);
  const last = registries.at(-1);
  const mirrors = createMirrors('operator', count, { deletionPolicy: 'Delete', rewrite: { engine: 'ClusterPolicy' } });
  try {
    const create = await seconds(async () => {
      await cluster.apply(mirrors);
      await cluster.kubectl(['wait', '--for=condition=Ready', 'registrymirrors', '--all', '--timeout=5m']);
      await untilImage(cluster, namespace, last, cached);
    });
    for (const each of registries) await untilImage(cluster, namespace, each, cached);
    const remove = await seconds(async () => {
      await cluster.kubectl(['delete', 'registrymirrors', '--all']);
      await untilImage(cluster, namespace, last, direct);
    });
    const left = world.harbor.state.projects.all().filter(({ name }) => registries.some((each) => each.name === name));
    if (left.length > 0) throw new Error(`Harbor still has ${left.length} of the projects.`);
    return { way: 'by the operator', create, remove };
  } finally {
    await world.killOperator();
    await removeAll(world);
    await world.harbor.stop();
  }
}

function registriesOf(prefix: string, count: number): readonly Registry[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index}`;
    return { name, host: `${name}.example.org`, pullPrefix: `${PULL_HOST}/${name}` };
  });
}

const cached = ({ pullPrefix }: Registry): string => `${pullPrefix}/a`;
const direct = ({ host }: Registry): string => `${host}/a`;

async function untilImage(
  { api }: Cluster,
  namespace: string,
  registry: Registry | undefined,
  expected: (registry: Registry) => string,
): Promise<void> {
  if (registry === undefined) throw new Error('There is no registry.');
  await eventually(
    async () => {
      const [image] = images(await dryRun(api, namespace, podOf([`${registry.host}/a`])));
      if (image !== expected(registry)) throw new Error(`The image is ${image ?? 'nothing'}.`);
    },
    { timeoutMs: 300_000, intervalMs: 50, message: `the image of ${registry.name}` },
  );
}

async function seconds(act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return (performance.now() - startedAt) / 1000;
}
