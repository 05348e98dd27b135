import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import type { World } from '../../support/world.js';

/** Restarts the operator, which then looks at all mirrors; each look at one that manages its retention takes so long. Returns when the first are under way. */
export async function restartIntoSlowLooks(world: World, lookMs: number): Promise<void> {
  const reads = world.harbor.inject(
    // Each look reads the retention rules of its own project.
    (call) => call.path.includes('/retentions/'),
    { kind: 'delay', ms: lookMs },
    Infinity,
  );
  await world.operator.stop();
  await world.startOperator();
  // Looks before Harbor's first answer end at once.
  await eventually(() => {
    expect(reads.hits).to.be.greaterThan(0);
  });
}
