import { expect } from 'chai';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, included } from './policy-cluster.js';

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

  /** Only those whose state changed: each change is told of. */
  function check(): void {
    for (const name of cluster.changed.splice(0)) {
      if (!cluster.mirrorsByName.has(name)) continue;
      const { kind } = policies.state(name);
      if (kind === 'inForce') ready.add(name);
      else if (ready.has(name)) throw new Error(`${name} was in force and is ${kind}`);
    }
  }

  beforeEach(() => {
    cluster = new FakePolicyCluster();
    cluster.mirrorsPerPolicy = 100;
    policies = cluster.open();
    ready = new Set();
  });

  /** Each count near a limit of a policy; of the others, one in ten where that is enough. */
  function* counts(everyOne: boolean): Generator<number> {
    for (let count = 1; count <= MANY; count += 1) {
      const nearLimit = Math.abs(((count + 50) % 100) - 50) <= 3 || Math.abs(((count + 17 + 50) % 100) - 50) <= 3;
      if (everyOne || nearLimit || count % 10 === 0 || count === MANY) yield count;
    }
  }

  for (const [i, engine] of ENGINES.entries()) {
    for (const [j, { name, hosts, include }] of LAYOUTS.entries()) {
      it(`cost a few writes each and never leave their policies, ${name}, with ${engine}`, async () => {
        const names = Array.from({ length: MANY }, (_, n) => `mirror-${(n * 37) % MANY}`);
        const growth = [...counts(i + j === 0 || i * j === 2)];
        for (const count of growth) {
          for (let n = ready.size; n < count; n += 1) {
            const mirror = names[n] ?? '';
            const rewrite = { engine, repositories: { include: include(n) } };
            policies.decide(mirror, included(cluster.set(mirror, rewrite, hosts(n))));
          }
          await settle();
          expect(cluster.live.size, `${count} mirrors`).to.be.at.most(mostPolicies(count));
          expect(ready.size).to.equal(count);
        }
        for (const count of [...growth.slice(0, -1).toReversed(), 0]) {
          for (const mirror of [...ready].filter((_, n) => n >= count)) {
            ready.delete(mirror);
            policies.decide(mirror, { kind: 'withdraw' });
            cluster.mirrorsByName.delete(mirror);
            policies.forget(mirror);
          }
          await settle();
          expect(cluster.live.size, `${count} mirrors`).to.be.at.most(mostPolicies(count));
        }
        expect(cluster.writes.length).to.be.at.most(WRITES_PER_MIRROR * MANY);
      });
    }
  }

  for (const engine of ENGINES) {
    it(`stay in force while MIRRORS_PER_POLICY is raised, and lowered again, with ${engine}`, async () => {
      for (let n = 0; n < MANY; n += 1) {
        policies.decide(`mirror-${n}`, included(cluster.set(`mirror-${n}`, { engine }, [`registry-${n}.test`])));
      }
      await settle();
      expect(cluster.live.size).to.equal(4);
      for (const [mirrorsPerPolicy, expected] of [
        [300, 2],
        [100, 4],
      ] as const) {
        cluster.mirrorsPerPolicy = mirrorsPerPolicy;
        policies = cluster.open();
        await settle();
        expect(cluster.live.size).to.equal(expected);
        expect(ready.size).to.equal(MANY);
      }
    });
  }
});
