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
 * Prints what policies cost a Pod at admission, on clusters of its own, and whether the goals are reached. Times are of this machine; the ratios,
 * measured in turn, are what counts. Each round puts each set of policies in force and measures it, so that whatever else the machine does meets
 * all of them.
 */
export async function benchAdmission(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const options = admissionOptions(args);
  const bare = await startCluster({ audit: false, progress: progressToStderr });
  try {
    const cluster = await startCluster({ kyverno: true, audit: false, progress: progressToStderr });
    try {
      const machine = await machineOf(cluster);
      const places = { api: cluster.api, bare: bare.api, namespace: await sameNamespace(cluster, bare) };
      const rounds = await measureRounds(places, options);
      const goals = outcomes(rounds);
      print(`${machineLine(machine)}; medians of ${rounds.length} rounds, as multiples of no policy at all.\n`);
      print([...costTable(rounds), '', ...goalTable(goals)].join('\n'));
      if (options.jsonFile === undefined) return;
      writeFileSync(options.jsonFile, `${JSON.stringify({ machine, args, goals, rounds }, undefined, 2)}\n`);
    } finally {
      await cluster.stop();
    }
  } finally {
    await bare.stop();
  }
}

async function sameNamespace(cluster: Cluster, bare: Cluster): Promise<string> {
  const namespace = await cluster.createNamespace();
  await bare.api.json('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await eventually(() => bare.api.json('GET', account), { message: 'the ServiceAccount default' });
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
    for (const subject of subjects(options)) measured.push(await measure(places, subject));
    rounds.push(measured);
  }
  return rounds;
}
