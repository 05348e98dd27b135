import { writeFileSync } from 'node:fs';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { progressToStderr } from '../../cluster/progress.js';
import { createAll, removeAll } from '../../support/fleet.js';
import { createWorld } from '../../support/world.js';
import { RECORDED_LATENCY } from '../latency.js';
import { Fleet, mirrorsOf } from './fleet.js';
import { bursts, create, remove, steady } from './life.js';
import { goalsTable } from './goals.js';
import { machineOf } from './machine.js';
import type { Machine } from './machine.js';
import { PHASES, scaleOptions, USAGE } from './options.js';
import type { Phase, ScaleOptions } from './options.js';
import { machineLine, tableOf } from './report.js';
import type { RunReport } from './report.js';
import { edit, restart } from './resync.js';
import { takeover } from './takeover.js';
import type { PhaseResult, Run } from './run.js';

const ACTS: Readonly<Record<Phase, (run: Run) => Promise<readonly PhaseResult[]>>> = {
  create,
  steady,
  restart,
  edit,
  bursts,
  takeover,
  delete: remove,
};

/** What fleets of mirrors cost: a real API server, a real Kyverno, and a Harbor whose calls take what a real one's take. */
export async function benchScale(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const options = scaleOptions(args);
  const runs: RunReport[] = [];
  for (const engine of options.engines) {
    for (const count of options.mirrors) {
      const { machine, report } = await onClusterOfItsOwn(engine, count, options);
      runs.push(report);
      if (runs.length === 1) print(`${machineLine(machine)}\n`);
      print(tableOf(report));
      const { jsonFile } = options;
      if (jsonFile === undefined) continue;
      writeFileSync(jsonFile, `${JSON.stringify({ machine, args, runs }, undefined, 2)}\n`);
    }
  }
  print(goalsTable(runs));
}

async function onClusterOfItsOwn(
  engine: PolicyEngine,
  count: number,
  options: ScaleOptions,
): Promise<{ readonly machine: Machine; readonly report: RunReport }> {
  const cluster = await startCluster({
    kyverno: engine !== 'MutatingAdmissionPolicy',
    extraPrograms: ['helm'],
    controllerManager: false,
    progress: progressToStderr,
  });
  try {
    const machine = await machineOf(cluster);
    return { machine, report: await runOf({ cluster, engine, count, options }) };
  } finally {
    await cluster.stop();
  }
}

interface Setting {
  readonly cluster: Cluster;
  readonly engine: PolicyEngine;
  readonly count: number;
  readonly options: ScaleOptions;
}

async function runOf({ cluster, engine, count, options }: Setting): Promise<RunReport> {
  const world = await createWorld(cluster, {
    harbor: { latency: RECORDED_LATENCY },
    // As it is installed: not what makes tests fast.
    env: {
      LOG_LEVEL: 'info',
      HEALTH_INTERVAL: '10s',
      MIN_INTERVAL: '30s',
      ...(options.nodeOptions === undefined ? {} : { NODE_OPTIONS: options.nodeOptions }),
    },
  });
  const fleet = new Fleet(cluster);
  const phases: PhaseResult[] = [];
  try {
    const run = { world, fleet, engine, count, options };
    // One for a start: what is read once, and connections, are not the mirrors'.
    await createAll(world, mirrorsOf('warm', 1, engine, options));
    await fleet.untilReady(1);
    await cluster.api.json('DELETE', '/apis/registrymirror.io/v1alpha1/registrymirrors/warm-0');
    await fleet.untilLeft(0);
    for (const phase of PHASES) {
      if (!options.phases.has(phase)) continue;
      progressToStderr(`${engine}, ${count} mirrors: ${phase}`);
      const results = await ACTS[phase](run);
      phases.push(...results);
      // What has been measured is not lost where a later phase fails.
      for (const result of results) progressToStderr(JSON.stringify(result));
    }
  } finally {
    await fleet.stop();
    await world.killOperator();
    await removeAll(world);
    await world.harbor.stop();
  }
  const { isOneHost, intervalMinutes } = options;
  return { engine, mirrors: count, isOneHost, intervalMinutes, phases };
}
