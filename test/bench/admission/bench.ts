import { writeFileSync } from 'node:fs';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { progressToStderr } from '../../cluster/progress.js';
import { eventually } from '../../support/wait.js';
import { machineOf } from '../scale/machine.js';
import { machineLine } from '../scale/report.js';
import { measure, subjects } from './measure.js';
import type { Places } from './measure.js';
import { admissionOptions, USAGE } from './options.js';
import { costTable, goalTable, outcomes } from './report.js';
import type { Measured } from './subject.js';

/**
 * Prints what policies cost a Pod at admission, on clusters of its own, and whether the goals are reached. Times are of this machine; ratios of
 * requests that took turns are what counts: what is compared is in force at the same time, in two clusters. Each round puts each set of policies
 * in force and measures it, so that whatever else the machine does meets all of them.
 */
export async function benchAdmission(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const options = admissionOptions(args);
  await using bare = await started({ kyverno: false });
  await using first = await started({ kyverno: true });
  await using second = await started({ kyverno: true });
  const machine = await machineOf(first.cluster);
  const places = {
    api: first.cluster.api,
    other: second.cluster.api,
    bare: bare.cluster.api,
    namespace: await sameNamespace(first.cluster, [second.cluster, bare.cluster]),
  };
  const rounds = await measureRounds(places, options);
  const goals = outcomes(rounds);
  print(`${machineLine(machine)}; medians of ${rounds.length} rounds, as multiples of no policy at all.\n`);
  print([...costTable(rounds), '', ...goalTable(goals)].join('\n'));
  if (options.jsonFile === undefined) return;
  writeFileSync(options.jsonFile, `${JSON.stringify({ machine, args, goals, rounds }, undefined, 2)}\n`);
}

interface Started extends AsyncDisposable {
  readonly cluster: Cluster;
}

async function started({ kyverno }: { readonly kyverno: boolean }): Promise<Started> {
  const cluster = await startCluster({ kyverno, audit: false, progress: progressToStderr });
  return { cluster, [Symbol.asyncDispose]: () => cluster.stop() };
}

async function sameNamespace(cluster: Cluster, others: readonly Cluster[]): Promise<string> {
  const namespace = await cluster.createNamespace();
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  for (const { api } of others) {
    await api.json('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await eventually(() => api.json('GET', account), { message: 'the ServiceAccount default' });
  }
  return namespace;
}

async function measureRounds(
  places: Places,
  options: ReturnType<typeof admissionOptions>,
): Promise<readonly (readonly Measured[])[]> {
  const rounds: (readonly Measured[])[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    progressToStderr(`round ${round} of ${options.rounds}`);
    const measured: Measured[] = [];
    // What one of the two clusters has in its favour, the other one has in the next round.
    const turned = round % 2 === 0 ? { ...places, api: places.other, other: places.api } : places;
    for (const subject of subjects(options)) measured.push(await measure(turned, subject));
    rounds.push(measured);
  }
  return rounds;
}
