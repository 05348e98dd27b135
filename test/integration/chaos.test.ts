import { expect } from 'chai';
import { runChaos } from '../chaos/run.js';
import { useCluster } from './shared-cluster.js';

const SEED = 1;

describe('a short chaos run', function () {
  this.timeout(900_000);
  const cluster = useCluster();

  it(`ends with all that must hold, after faults at every side (seed ${SEED})`, async () => {
    const lines: string[] = [];
    const breaches = await runChaos(cluster(), {
      seed: SEED,
      durationMs: 60_000,
      mirrors: 12,
      healMs: 300_000,
      print: (line) => lines.push(line),
    });
    expect(breaches, `seed ${SEED}\n${lines.join('\n')}`).to.deep.equal([]);
  });
});
