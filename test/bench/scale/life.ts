import { setTimeout as pause } from 'node:timers/promises';
import { createAll, deleteAll } from '../../support/fleet.js';
import { MIRRORS } from '../../support/world.js';
import { mirrorsOf } from './fleet.js';
import { Meter } from './meter.js';
import { PREFIX } from './run.js';
import type { PhaseResult, Run } from './run.js';

const INTERVALS = 3;
const BURSTS = 3;
const BURST = 100;

/** All mirrors at once, until the last one is Ready. */
export async function create(run: Run): Promise<readonly PhaseResult[]> {
  const meter = await Meter.begin(run.world);
  await createAll(run.world, mirrorsOf(PREFIX, run.count, run.engine, run.options));
  await run.fleet.untilReady(run.count);
  return [{ phase: 'create', figures: await meter.end() }];
}

/** Nothing happens, for three intervals. */
export async function steady(run: Run): Promise<readonly PhaseResult[]> {
  // What the phase before set off comes to rest.
  await pause(5000);
  const meter = await Meter.begin(run.world);
  await pause(INTERVALS * run.options.intervalMinutes * 60_000);
  return [{ phase: 'steady', figures: await meter.end() }];
}

/** A hundred more mirrors come and go, three times. */
export async function bursts(run: Run): Promise<readonly PhaseResult[]> {
  const results: PhaseResult[] = [];
  for (let burst = 1; burst <= BURSTS; burst += 1) {
    const meter = await Meter.begin(run.world);
    const mirrors = mirrorsOf(`burst-${burst}`, BURST, run.engine, run.options);
    await createAll(run.world, mirrors);
    await run.fleet.untilReady(run.count + BURST);
    for (const { metadata } of mirrors) await run.world.cluster.api.json('DELETE', `${MIRRORS}/${metadata.name}`);
    await run.fleet.untilLeft(run.count);
    results.push({ phase: `burst ${burst}`, figures: await meter.end() });
  }
  return results;
}

/** All mirrors at once, until the last one is gone. */
export async function remove(run: Run): Promise<readonly PhaseResult[]> {
  const meter = await Meter.begin(run.world);
  await deleteAll(run.world);
  await run.fleet.untilLeft(0);
  return [{ phase: 'delete', figures: await meter.end() }];
}
