import { createWorld } from '../support/world.js';
import type { World, WorldOptions } from '../support/world.js';
import { useCluster } from './shared-cluster.js';

/** A Harbor and an operator of its own for the `describe` that calls this, on the run's cluster. */
export function useWorld(options: WorldOptions = {}): () => World {
  const cluster = useCluster();
  let world: World | undefined;
  before(async function () {
    this.timeout(60_000);
    world = await createWorld(cluster(), options);
  });
  after(async function () {
    this.timeout(60_000);
    await world?.stop();
  });
  return () => {
    if (world === undefined) throw new Error('The world is there inside tests and hooks only.');
    return world;
  };
}
