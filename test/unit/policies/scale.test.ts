import { expect } from 'chai';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PlacedEntry } from '../../../src/engines/placement/group.js';
import type { PolicyEngine, PolicySettings } from '../../../src/engines/settings.js';
import type { Policies } from '../../../src/policies/policies.js';
import { longestPieceMs } from '../../support/pieces.js';
import { FakePolicyCluster, included } from './policy-cluster.js';

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
/** Of the thread's CPU. Pieces are to be under 50 ms; a slower machine takes longer. */
const LONGEST_PIECE_MS = 50 * 3;
const TRIES = 3;

interface Layout {
  readonly name: string;
  readonly count: number;
  readonly hosts: (i: number) => readonly string[];
  readonly include: (i: number) => readonly string[];
}

const LAYOUTS: readonly Layout[] = [
  {
    name: '1,000 on one host',
    count: 1000,
    hosts: () => ['registry.test'],
    include: (i) => (i === 0 ? [] : [`t-${i}/**`]),
  },
  { name: '5,000 on as many hosts', count: 5000, hosts: (i) => [`registry-${i}.test`], include: () => [] },
];

/** All mirrors at once, and the longest piece of the sync that writes their policies. */
async function firstSync(
  engine: PolicyEngine,
  { count, hosts, include }: Layout,
): Promise<{ cluster: FakePolicyCluster; policies: Policies; ms: number }> {
  const cluster = new FakePolicyCluster();
  const policies = cluster.open();
  for (let i = 0; i < count; i += 1) {
    const rewrite = { engine, repositories: { include: include(i) } };
    policies.decide(`mirror-${i}`, included(cluster.set(`mirror-${i}`, rewrite, hosts(i))));
  }
  return { cluster, policies, ms: await longestPieceMs(() => policies.sync()) };
}

function placed(count: number, engine: PolicyEngine, onOneHost: boolean): readonly PlacedEntry[] {
  const settings: PolicySettings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' };
  return Array.from({ length: count }, (_, i) => ({
    settings,
    entry: {
      mirror: `mirror-${i}`,
      hosts: [onOneHost ? 'registry.test' : `registry-${i}.test`],
      pullPrefix: `harbor.test/mirror-${i}`,
      include: onOneHost ? [`team-${i}/**`] : [],
      exclude: [],
    },
  }));
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('very many mirrors', function () {
  this.timeout(60_000);

  for (const engine of ENGINES) {
    for (const layout of LAYOUTS) {
      const { name, count } = layout;
      it(`come into force in short pieces, ${name}, with ${engine}`, async () => {
        let { cluster, policies, ms } = await firstSync(engine, layout);
        // Garbage collection and a compiler that is at it still only add to it: the least of some tries counts.
        for (let tries = 1; tries < TRIES && ms >= LONGEST_PIECE_MS; tries += 1)
          ({ cluster, policies, ms } = await firstSync(engine, layout));
        cluster.kyvernoActs();
        cluster.pass(3000);
        const states = Array.from({ length: count }, (_, i) => policies.state(`mirror-${i}`).kind);
        expect(states.filter((kind) => kind !== 'inForce')).to.deep.equal([]);
        expect(ms).to.be.below(LONGEST_PIECE_MS);
        policies.decide('mirror-7', { kind: 'withdraw' });
        cluster.writes.length = 0;
        expect(await longestPieceMs(() => policies.sync()), 'for one change').to.be.below(LONGEST_PIECE_MS);
        expect(cluster.writes.length).to.be.at.most(2);
      });
    }

    it(`cost as much each as few do, with ${engine}`, () => {
      const render = (count: number, onOneHost: boolean): number =>
        cpuMs(() => renderPolicies(placed(count, engine, onOneHost), { excludedNamespaces: [] }));
      for (const onOneHost of [true, false]) {
        render(500, onOneHost);
        const few = render(500, onOneHost);
        const many = render(4000, onOneHost);
        // Eight times as many: sixteen leaves room for noise, and cubic would be 512.
        expect(many, `${few} ms for 500`).to.be.below(16 * few + 200);
      }
    });
  }
});
