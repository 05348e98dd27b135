import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { auditLogPath } from '../cluster/api-server.js';
import { startCluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import { Evidence } from './evidence.js';
import { runChaos } from './run.js';
import type { Breach } from './run.js';
import { judge } from './verdict.js';

const LAST_STEPS = 15;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    minutes: { type: 'string', default: '2' },
    mirrors: { type: 'string', default: '30' },
    logs: { type: 'string', default: tmpdir() },
  },
});
const seed = Number(values.seed);
const mirrors = Number(values.mirrors);
const lines: string[] = [];
const evidence = new Evidence(values.logs, seed);
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const trial = {
  name: `Seed ${String(seed)}`,
  command: `npm run chaos -- --seed ${String(seed)} --minutes ${values.minutes} --mirrors ${String(mirrors)}`,
  evidence,
  print,
  lastSteps: () => lines.slice(-LAST_STEPS),
};
// A cluster that can't be stopped is no clean run either.
process.exitCode = await judge(trial, carryOut);

async function carryOut(): Promise<readonly Breach[]> {
  // Helm gives the operator its rights; Flux's controllers, which take minutes to build, have no part in this.
  const cluster = await startCluster({ kyverno: true, extraPrograms: ['helm'], progress: progressToStderr });
  try {
    print(`Seed ${String(seed)}: ${values.minutes} minutes with ${String(mirrors)} mirrors.`);
    return await runChaos(cluster, {
      seed,
      durationMs: Number(values.minutes) * 60_000,
      mirrors,
      healMs: 240_000,
      print: (line) => {
        if (!line.startsWith('Still to heal')) lines.push(line);
        evidence.note(line);
        print(line);
      },
      onEnd: ({ replicas }, pods) => {
        const { failedStarts } = replicas;
        const auditLog = auditLogPath(cluster.folder);
        evidence.keep({ outputs: replicas.outputs(), failedStarts, pods: pods.records, auditLog });
      },
    });
  } finally {
    await cluster.stop();
  }
}
