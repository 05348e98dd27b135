import { auditLogPath } from '../cluster/api-server.js';
import { machineOf } from '../bench/scale/machine.js';
import type { Machine } from '../bench/scale/machine.js';
import { startCluster } from '../cluster/cluster.js';
import { kyvernoLogPath } from '../cluster/kyverno.js';
import { progressToStderr } from '../cluster/progress.js';
import { AUDITED_BODIES } from './audited-writes.js';
import { Evidence } from './evidence.js';
import type { ChaosArguments } from './options.js';
import { currentCommit, writeReport } from './report.js';
import { runChaos } from './run.js';
import type { Breach, Tally } from './run.js';
import { judge } from './verdict.js';

const LAST_STEPS = 15;
const HEAL_MS = 240_000;

/** Carries one story out on a cluster of its own, and returns the exit code. */
export async function runSeed(given: ChaosArguments, print: (line: string) => void): Promise<number> {
  const { seed, minutes, mirrors, logs, jsonFile } = given;
  const evidence = new Evidence(logs, seed);
  const commit = currentCommit();
  const began = new Date().toISOString();
  const steps: string[] = [];
  const output: string[] = [];
  let machine: Machine | undefined;
  let tally: Tally | undefined;
  const tell = (line: string): void => {
    output.push(line);
    print(line);
  };

  const carryOut = async (): Promise<readonly Breach[]> => {
    // Helm gives the operator its rights; Flux's controllers, which take minutes to build, have no part in this.
    const cluster = await startCluster({
      kyverno: true,
      extraPrograms: ['helm'],
      auditBodies: AUDITED_BODIES,
      progress: progressToStderr,
    });
    try {
      machine = await machineOf(cluster);
      tell(`Seed ${String(seed)}: ${String(minutes)} minutes with ${String(mirrors)} mirrors.`);
      return await runChaos(cluster, {
        seed,
        durationMs: minutes * 60_000,
        mirrors,
        healMs: HEAL_MS,
        print: (line) => {
          if (!line.startsWith('Still to heal')) steps.push(line);
          evidence.note(line);
          print(line);
        },
        onEnd: async ({ replicas }, pods) =>
          evidence.keep({
            outputs: replicas.outputs(),
            failedStarts: replicas.failedStarts,
            pods: pods.records,
            auditLog: auditLogPath(cluster.folder),
            kyvernoLog: kyvernoLogPath(cluster.folder),
          }),
        onTally: (came) => {
          tally = came;
        },
      });
    } finally {
      await cluster.stop();
    }
  };

  const options = `--seed ${String(seed)} --minutes ${String(minutes)} --mirrors ${String(mirrors)}`;
  const trial = {
    name: `Seed ${String(seed)}`,
    command: `npm run chaos -- ${options}`,
    evidence,
    print: tell,
    lastSteps: () => steps.slice(-LAST_STEPS),
  };
  // A cluster that can't be stopped is no clean run either.
  const exitCode = await judge(trial, carryOut);
  if (jsonFile !== undefined) {
    const ended = new Date().toISOString();
    writeReport(jsonFile, { seed, minutes, mirrors, commit, began, ended, exitCode, machine, tally, output });
  }
  return exitCode;
}
