import { startCluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import { createMirrors, measureFleet, removeAll } from '../support/fleet.js';
import { createWorld } from '../support/world.js';
import { cpuSeconds } from './process.js';
import { RECORDED_LATENCY } from './latency.js';

const COUNT = 100;

/**
 * How fast mirrors become Ready, from one `kubectl apply` of all of them: the operator as the image has it, a real API server, and a Harbor
 * whose calls take what a real one's take.
 */
export async function benchHarbor(print: (line: string) => void): Promise<void> {
  const cluster = await startCluster({ controllerManager: false, progress: progressToStderr });
  try {
    const world = await createWorld(cluster, {
      harbor: { latency: RECORDED_LATENCY },
      env: { LOG_LEVEL: 'info', HEALTH_INTERVAL: '10m' },
    });
    try {
      // One for a start: what is read once, and connections, are not the mirrors'.
      await measureFleet(world, createMirrors('warm', 1));
      for (const round of ['first', 'second']) {
        const cpuBefore = cpuSeconds(world.operator.daemon.pid);
        const fleet = await measureFleet(world, createMirrors(round, COUNT));
        print(`${round} ${COUNT} mirrors, created all at once, until the last one is Ready`);
        print(`  Harbor writes       ${fleet.harborWrites} (goal ${2 * COUNT})`);
        print(`  Harbor list reads   ${fleet.lists} (goal at most 6)`);
        print(`  other Harbor reads  ${fleet.otherReads}`);
        print(`  API-server writes   ${JSON.stringify(fleet.apiWrites)}`);
        print(`  seconds             ${(fleet.ms / 1000).toFixed(2)}`);
        print(`  operator's CPU s    ${(cpuSeconds(world.operator.daemon.pid) - cpuBefore).toFixed(2)}`);
        print(`  mirrors per second  ${((COUNT * 1000) / fleet.ms).toFixed(1)} (goal at least 40)`);
      }
    } finally {
      await world.killOperator();
      await removeAll(world);
      await world.stop();
    }
  } finally {
    await cluster.stop();
  }
}
