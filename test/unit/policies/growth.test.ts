import { expect } from 'chai';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, serve } from './policy-cluster.js';

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
const MANY = 350;
const WRITES_PER_MIRROR = 3;

/** As many policies as mirrors take at most: 1.2 for a hundred. */
function mostPolicies(mirrors: number): number {
  return Math.ceil((mirrors * 1.2) / 100);
}

interface Layout {
  readonly name: string;
  readonly hosts: (i: number) => readonly string[];
  readonly include: (i: number) => readonly string[];
}

const LAYOUTS: readonly Layout[] = [
  { name: 'each on a host of its own', hosts: (i) => [`registry-${i}.test`], include: () => [] },
  { name: 'all on one host', hosts: () => ['registry.test'], include: (i) => [`team-${i}/**`] },
];

describe('mirrors with the same settings that come and go one by one', function () {
  this.timeout(120_000);
  let cluster: FakePolicyCluster;
  let policies: Policies;
  let ready: Set<string>;

  /** Lets all that is due happen, and looks at every step whether someone left who was in force. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      cluster.dues = 0;
      await policies.sync();
      check();
      cluster.kyvernoActs();
      policies.observe();
      check();
      cluster.pass(3000);
      policies.observe();
      check();
      if (cluster.dues === 0) return;
    }
    throw new Error(`does not end: ${cluster.writes.slice(-20).join(', ')}`);
  }

  function check(): void {
    for (const name of cluster.mirrorsByName.keys()) {
      const { kind } = policies.state(name);
      if (kind === 'inForce') ready.add(name);
      else if (ready.has(name)) throw new Error(`${name} was in force and is ${kind}`);
    }
  }

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    policies = cluster.open();
    ready = new Set();
  });

  for (const engine of ENGINES) {
    for (const { name, hosts, include } of LAYOUTS) {
      it(`cost a few writes each and never leave their policies, ${name}, with ${engine}`, async () => {
        const names = Array.from({ length: MANY }, (_, i) => `mirror-${(i * 37) % MANY}`);
        for (const [i, mirror] of names.entries()) {
          const rewrite = { engine, repositories: { include: include(i) } };
          policies.decide(mirror, serve(cluster.set(mirror, rewrite, hosts(i))));
          await settle();
          expect(cluster.live.size, `${i + 1} mirrors`).to.be.at.most(mostPolicies(i + 1));
          expect(ready.size).to.equal(i + 1);
        }
        for (const [i, mirror] of names.entries()) {
          ready.delete(mirror);
          policies.decide(mirror, { kind: 'out' });
          cluster.mirrorsByName.delete(mirror);
          policies.forget(mirror);
          await settle();
          expect(cluster.live.size, `${MANY - i - 1} mirrors`).to.be.at.most(mostPolicies(MANY - i - 1));
        }
        expect(cluster.writes.length).to.be.at.most(WRITES_PER_MIRROR * MANY);
      });
    }
  }
});
