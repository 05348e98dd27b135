import { PULL_HOST } from '../../support/world.js';
import { startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { scrape } from '../process.js';
import { Meter } from './meter.js';
import type { PhaseResult, Run } from './run.js';

const ELECT = { LEADER_ELECT: 'true', LOG_LEVEL: 'info' };

/** A leader that ends in order, and one that is killed: until the standby works. */
export async function takeover(run: Run): Promise<readonly PhaseResult[]> {
  const { world, fleet } = run;
  await world.operator.stop();
  const meter = await Meter.beforeStart(world);
  await world.startOperator({ env: ELECT });
  await untilLeads(run, world.operator);
  const login = world.harbor.addRobot('standby');
  const common = { harborUrl: world.harbor.url, pullHost: PULL_HOST, login, env: ELECT };
  const standby = await startOperator(world.cluster, common);
  const ended = performance.now();
  void world.operator.stop();
  await untilLeads(run, standby);
  const afterStop = (performance.now() - ended) / 1000;
  await world.startOperator({ env: ELECT });
  const killed = performance.now();
  await standby.kill();
  await untilLeads(run, world.operator);
  const afterKill = (performance.now() - killed) / 1000;
  await fleet.untilReady(run.count);
  return [{ phase: 'takeover', figures: await meter.end(), times: { afterStop, afterKill } }];
}

async function untilLeads({ fleet }: Run, { metricsUrl }: OperatorProcess): Promise<void> {
  await fleet.until('the replica to lead', async () => {
    if ((await scrape(metricsUrl)).sum('registry_mirror_leader') !== 1) throw new Error('not yet');
  });
}
