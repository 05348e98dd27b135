import { startCluster } from '../cluster/cluster.js';
import type { Cluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import { removeAll } from '../support/fleet.js';
import { createWorld } from '../support/world.js';
import type { World, WorldOptions } from '../support/world.js';

let bare: Promise<Cluster> | undefined;

/** A cluster without Kyverno and controllers, for what only concerns Harbor: one for the run, started on first use. */
export async function bareCluster(): Promise<Cluster> {
  bare ??= startCluster({ controllerManager: false, progress: progressToStderr });
  return await bare;
}

/** A Harbor and an operator of its own on the bare cluster, for the `describe` that calls this. */
export function useBareWorld(options: WorldOptions = {}): () => World {
  let world: World | undefined;
  before(async function () {
    this.timeout(120_000);
    world = await createWorld(await bareCluster(), options);
  });
  after(async function () {
    this.timeout(60_000);
    await world?.killOperator();
    if (world !== undefined) await removeAll(world);
    await world?.stop();
  });
  return () => {
    if (world === undefined) throw new Error('The world is there inside tests and hooks only.');
    return world;
  };
}

// Outside any describe, and so after the last spec of the run.
after(async () => {
  await (await bare)?.stop();
});
