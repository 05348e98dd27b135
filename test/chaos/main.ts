import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import { runChaos } from './run.js';
import type { Breach } from './run.js';

const LAST_STEPS = 15;
const SHOWN = 10;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    minutes: { type: 'string', default: '2' },
    mirrors: { type: 'string', default: '30' },
    logs: { type: 'string' },
  },
});
const seed = Number(values.seed);
const durationMs = Number(values.minutes) * 60_000;
const mirrors = Number(values.mirrors);
const { logs } = values;
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const lines: string[] = [];
// Helm gives the operator its rights; Flux's controllers, which take minutes to build, have no part in this.
const cluster = await startCluster({ kyverno: true, extraPrograms: ['helm'], progress: progressToStderr });
try {
  print(`Seed ${seed}: ${values.minutes} minutes with ${mirrors} mirrors.`);
  const breaches = await runChaos(cluster, {
    seed,
    durationMs,
    mirrors,
    healMs: 240_000,
    print: (line) => {
      if (!line.startsWith('Still to heal')) lines.push(line);
      print(line);
    },
    onEnd: (stage, pods) => {
      if (logs === undefined) return;
      mkdirSync(logs, { recursive: true });
      for (const [replica, output] of stage.replicas.outputs()) writeFileSync(join(logs, `${replica}.log`), output);
      writeFileSync(join(logs, 'failed-starts.log'), stage.replicas.failedStarts.join('\n'));
      writeFileSync(join(logs, 'pods.log'), pods.records.map((record) => JSON.stringify(record)).join('\n'));
    },
  });
  if (breaches.length === 0) print(`Seed ${seed} is clean.`);
  else {
    tell(breaches);
    process.exitCode = 1;
  }
} finally {
  await cluster.stop();
}

function tell(breaches: readonly Breach[]): void {
  for (const [invariant, found] of Map.groupBy(breaches, (breach) => breach.invariant)) {
    print(`BROKEN: ${invariant} (${found.length} times)`);
    for (const { what } of found.slice(0, SHOWN)) print(`  ${what}`);
  }
  print(`The last steps:\n${lines.slice(-LAST_STEPS).join('\n')}`);
  print(`Seed ${seed} is broken: npm run chaos -- --seed ${seed} --minutes ${values.minutes} --mirrors ${mirrors}`);
}
